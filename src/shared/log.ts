import { destination, pino } from 'pino';

/** Structured logs: fields first, then what happened. An Error goes under `error`. */
export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
  fatal(fields: object, message: string): void;
  /** A log whose every line carries these fields. */
  child(fields: Record<string, unknown>): Log;
}

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';

/** JSON lines on stderr, so that stdout holds results alone. */
export function createLog(level: LogLevel): Log {
  const STDERR = 2;
  return pino(
    { level, base: null, serializers: { error: pino.stdSerializers.err } },
    destination({ dest: STDERR, sync: true }),
  );
}

/**
 * Logs what nobody caught, an unhandled rejection too, whole. It ends the process with code 1 all the same, at once
 * and without draining: the state is unknown then, and what was acknowledged is in the store.
 */
export function logUncaught(log: Log): void {
  process.on('uncaughtExceptionMonitor', (error, origin) => {
    log.fatal({ origin, error }, 'A fault that nothing caught ends the process');
  });
}
