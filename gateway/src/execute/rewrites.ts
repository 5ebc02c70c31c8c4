import type { FetchDataRewrite } from '@apollo/query-planner'
import { type Data, isData, read, write } from './own.ts'
import type { Types } from './types.ts'

const fragment = '... on '

/** Applies the planner's rewrites (a type name to set, a key to rename back) to a representation or an answer, in place. */
export function rewrite(types: Types, rewrites: readonly FetchDataRewrite[], value: Data): void {
  for (const one of rewrites) {
    const last = one.path.at(-1)
    if (last !== undefined) apply(types, one, one.path, 0, last, value)
  }
}

/** The keys that the planner renamed inside one fetch, as `renamed → original`, for the paths of errors. */
export function renamed(rewrites: readonly FetchDataRewrite[]): Map<string, string> {
  const names = new Map<string, string>()
  for (const one of rewrites) {
    const last = one.path.at(-1)
    if (one.kind === 'KeyRenamer' && last !== undefined) names.set(last, one.renameKeyTo)
  }
  return names
}

function apply(
  types: Types,
  one: FetchDataRewrite,
  path: readonly string[],
  index: number,
  last: string,
  value: unknown,
): void {
  if (Array.isArray(value)) {
    for (const element of value) apply(types, one, path, index, last, element)
    return
  }
  if (!isData(value)) return
  if (index === path.length - 1) {
    set(one, last, value)
    return
  }
  const step = path[index] as string
  if (!step.startsWith(fragment)) apply(types, one, path, index + 1, last, read(value, step))
  else {
    // An object without a type name was asked for under a single type, so the rewrite is meant for it.
    const name = value.__typename
    if (typeof name !== 'string' || types.isA(name, step.slice(fragment.length)))
      apply(types, one, path, index + 1, last, value)
  }
}

function set(one: FetchDataRewrite, key: string, object: Data): void {
  if (one.kind === 'ValueSetter') write(object, key, one.setValueTo)
  else {
    const value = read(object, key)
    if (value === undefined) return
    write(object, one.renameKeyTo, value)
    delete object[key]
  }
}
