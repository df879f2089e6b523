import { destination, pino } from 'pino';

/** Structured logs: fields first, then what happened. An Error goes under `error`. */
export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
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
