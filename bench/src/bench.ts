import type { ParseArgsOptionsConfig } from 'node:util'

/**
 * What one contestant did in one setting: a line of the table. A pair of numbers is the least and the most over the rounds;
 * `note` says under what conditions, and stands below the table.
 */
export type Row = Record<string, string | number | null | readonly [number, number]>

/** A bound that somebody set, and what was measured; null when it was not. */
export interface Goal {
  name: string
  target: string
  value: number | null
  met: boolean
}

/** The options of the command line. */
export type Values = Readonly<Record<string, string | boolean | undefined>>

/** What a bench is given besides its options. */
export interface Tools {
  /** Tells on stderr what happens now. */
  progress(line: string): void
  /** Stops something when the bench ends, for whatever reason; at once when it has ended already. */
  whenDone(stop: () => Promise<void>): void
  /** Aborted when the bench shall end early. */
  signal: AbortSignal
}

/** A bench, exported as `bench` from `benches/<name>.ts`. */
export interface Bench {
  /** One line for `--help`. */
  summary: string
  options: ParseArgsOptionsConfig
  /** Its options, a line each, for `--help`. */
  help: string
  run(values: Values, tools: Tools): Promise<{ results: Row[]; goals: Goal[] }>
}

/** The bench cannot run, for a reason outside of it: told as it is, without a stack. */
export class CannotRun extends Error {
  override name = 'CannotRun'
}

/** What was asked for is not possible: told in one sentence, without a stack. */
export class UsageError extends Error {
  override name = 'UsageError'
}
