import { type Data, isData, read, write } from './own.ts'
import type { Types } from './types.ts'

/**
 * Moves what `source` holds into `target`, in place and without copying: objects merge by key, lists of equal length by
 * position, other values replace. Null never replaces a value that another subgraph gave, nor any name that of a concrete type.
 */
export function merge(types: Types, target: Data, source: Data): void {
  for (const key of Object.keys(source)) {
    const next = source[key]
    if (next === undefined) continue
    const present = read(target, key)
    if (present === undefined || present === null) write(target, key, next)
    else if (next === null || next === present) continue
    else if (key !== '__typename' || (isConcrete(types, next) && !isConcrete(types, present)))
      write(target, key, merged(types, present, next))
  }
}

function isConcrete(types: Types, name: unknown): boolean {
  return typeof name === 'string' && types.isConcrete(name)
}

/** A deep copy of JSON, for an answer that belongs at more than one place. */
export function copy<T>(value: T): T {
  if (Array.isArray(value)) return value.map(copy) as T
  if (!isData(value)) return value
  const result: Data = {}
  for (const key of Object.keys(value)) write(result, key, copy(value[key]))
  return result as T
}

function merged(types: Types, present: unknown, next: unknown): unknown {
  if (isData(present) && isData(next)) {
    merge(types, present, next)
    return present
  }
  if (Array.isArray(present) && Array.isArray(next) && present.length === next.length) {
    for (let i = 0; i < next.length; i++) {
      if (present[i] === null || present[i] === undefined) present[i] = next[i]
      else if (next[i] !== null && next[i] !== undefined) present[i] = merged(types, present[i], next[i])
    }
    return present
  }
  return next
}
