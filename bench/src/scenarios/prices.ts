import { dependOn } from '@commerce/cache/dependencies.ts'
import { noteChange } from '@commerce/events/changes.ts'
import { subjectOf } from '@commerce/events/subject.ts'

/** A written price: ten digits, of which the second and third say whose it is and the last seven how often it was written. */
export const PRICE = /\b1(\d\d)(\d{7})\b/
/** Where the digits of the version begin, and how many there are. */
export const VERSION_AT = 3
export const VERSION_DIGITS = 7

/** The price of an entity (by its number, 0 to 99) at a version; fits into a GraphQL Int. */
export function priceOf(entity: number, version: number): number {
  return 1_000_000_000 + entity * 10_000_000 + version
}

/** Prices that are written while they are read: reads say what they depend on, writes say what they changed. */
export interface Prices {
  /** Undefined for a key that is never written. */
  of(key: string): number | undefined
  /** The new version; throws for a key that is never written. */
  write(key: string): number
}

/** The prices of some keys, each at version 0. */
export function prices(keys: readonly string[]): Prices {
  const versions = new Map(keys.map((key, entity) => [key, { entity, version: 0 }]))
  const subject = (key: string) => subjectOf('catalog.price.changed', key)
  return {
    of(key) {
      const found = versions.get(key)
      if (!found) return undefined
      dependOn(subject(key))
      return priceOf(found.entity, found.version)
    },
    write(key) {
      const found = versions.get(key)
      if (!found) throw new Error(`Expected one of the keys that are written, got "${key}".`)
      found.version++
      noteChange(subject(key), found.version)
      return found.version
    },
  }
}
