import { UsageError, type Values } from './bench.ts'
import type { Timing } from './gateway/rounds.ts'

/** A whole number from 1 to 9999 that an option gives; null when it was not given. Throws a `UsageError` for anything else. */
export function positive(values: Values, name: string): number | null {
  const text = values[name]
  if (text === undefined) return null
  if (!/^[1-9]\d{0,3}$/.test(String(text))) {
    throw new UsageError(`Expected --${name} to be a whole number from 1 to 9999, got "${text}".`)
  }
  return Number(text)
}

/** Throws a `UsageError` when there is no such name. */
export function known(name: string, names: readonly string[], what: string): void {
  if (!names.includes(name)) throw new UsageError(`There is no ${what} "${name}"; there are: ${names.join(', ')}.`)
}

/** How long is measured: what `--seconds` and `--rounds` say, else four seconds in so many rounds, or one in one for `--quick`. */
export function timingOf(values: Values, rounds: number): Timing {
  const quick = values.quick === true
  return {
    seconds: positive(values, 'seconds') ?? (quick ? 1 : 4),
    rounds: positive(values, 'rounds') ?? (quick ? 1 : rounds),
    warmUpSeconds: quick ? 1 : 3,
  }
}

/** The contestants that `--only` names, or all. Throws a `UsageError` for one that there is not. */
export function chosenOf(values: Values, names: readonly string[]): readonly string[] {
  if (typeof values.only !== 'string') return names
  const only = values.only.split(',')
  for (const name of only) known(name, names, 'contestant')
  return only
}
