import { UsageError } from '../src/shared/errors.ts';

/** From here on, what a bench was called wrongly with ends it in one line and with 2, as a command of the program. */
export function tellFaults(): void {
  process.on('uncaughtException', (error: NodeJS.ErrnoException) => {
    const isUsage = error instanceof UsageError || error.code?.startsWith('ERR_PARSE_ARGS');
    console.error(isUsage ? error.message : error);
    process.exit(isUsage ? 2 : 1);
  });
}
