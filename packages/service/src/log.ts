import { type Logger, pino } from 'pino'

export type { Logger }

/** A JSON logger on stderr for one process; `level` is pino's (`info` unless said otherwise). */
export function createLog(name: string, level = 'info'): Logger {
  return pino({ name, level, base: { name } }, pino.destination(2))
}
