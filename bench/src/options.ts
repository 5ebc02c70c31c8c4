import { UsageError, type Values } from './bench.ts'

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
