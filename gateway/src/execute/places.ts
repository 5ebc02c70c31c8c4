import { type Data, isData, isInherited, read } from './own.ts'

/** Where a value is in the answer: field names and list indexes. */
export type Path = (string | number)[]

/** An object at many places keeps the text that it was written as; the writer alone knows what is in it. */
export const written = Symbol('written')

/** An object that stands at several places of the answer. */
export interface Shared {
  [written]?: unknown
}

/**
 * The distinct objects at a plan's path (`@` enters a list), in the order of the answer; nulls are passed over. Entities that
 * are equal in all they hold become one object at all their places: whatever later fetches add to one, they add to all.
 * `identity` is a scalar of their key. Lists are also entered where the path does not say so: a subscription's snapshot is
 * completed as one list of payloads.
 */
export function collect(root: Data, path: readonly string[], identity: string): Data[] {
  if (path.length === 0) return [root]
  const into: Collected = {
    found: [],
    byIdentity: new Map(),
    identity: isInherited(identity) ? '__typename' : identity,
    entered: new Set(),
  }
  descend(root, path, 0, into)
  return into.found
}

interface Collected {
  found: Data[]
  byIdentity: Map<unknown, Data>
  identity: string
  /** Objects at several places that were entered: what is below them was found then. */
  entered: Set<Data>
}

function descend(object: Data, path: readonly string[], index: number, into: Collected): void {
  if ((object as Shared)[written] !== undefined) {
    if (into.entered.has(object)) return
    into.entered.add(object)
  }
  let at = index
  while (path[at] === '@') at++
  const key = path[at] as string
  const value = read(object, key)
  let next = at + 1
  while (path[next] === '@') next++
  if (Array.isArray(value)) descendList(value, path, next, into)
  else if (typeof value === 'object' && value !== null) {
    if (next < path.length) descend(value as Data, path, next, into)
    else {
      const known = take(value as Data, into)
      if (known !== value) object[key] = known
    }
  }
}

function descendList(list: unknown[], path: readonly string[], next: number, into: Collected): void {
  const last = next >= path.length
  for (let i = 0; i < list.length; i++) {
    const value = list[i]
    if (Array.isArray(value)) descendList(value, path, next, into)
    else if (typeof value === 'object' && value !== null) {
      if (last) {
        const known = take(value as Data, into)
        if (known !== value) list[i] = known
      } else descend(value as Data, path, next, into)
    }
  }
}

/** Adds an object unless it was met before; returns the one that stands for it. */
function take(object: Data, into: Collected): Data {
  const identity = object[into.identity]
  const known = into.byIdentity.get(identity)
  if (known === undefined) into.byIdentity.set(identity, object)
  else if (known === object) return object
  else if (isSame(object, known)) {
    ;(known as Shared)[written] ??= null
    return known
  }
  into.found.push(object)
  return object
}

/** Whether both hold the same values, to the last nested one. */
function isSame(one: Data, other: Data): boolean {
  let size = 0
  for (const key in one) {
    if (!isEqual(one[key], other[key])) return false
    size++
  }
  for (const _key in other) size--
  return size === 0
}

function isEqual(one: unknown, other: unknown): boolean {
  if (one === other) return true
  if (Array.isArray(one)) {
    if (!Array.isArray(other) || one.length !== other.length) return false
    for (let i = 0; i < one.length; i++) if (!isEqual(one[i], other[i])) return false
    return true
  }
  return isData(one) && isData(other) && isSame(one, other)
}

/** The client path of every place of each of `objects` (each at the path of its fetch), by index; only needed when something went wrong. */
export function placesOf(root: Data, path: readonly string[], objects: readonly Data[]): Path[][] {
  const places: Path[][] = objects.map(() => [])
  const indexes = new Map(objects.map((object, index) => [object, index]))
  walk(root, path, 0, [], (object, at) => {
    const index = indexes.get(object)
    if (index !== undefined) places[index]?.push([...at])
  })
  return places
}

function walk(
  value: unknown,
  path: readonly string[],
  index: number,
  at: Path,
  visit: (object: Data, at: Path) => void,
): void {
  if (Array.isArray(value)) {
    const rest = path[index] === '@' ? index + 1 : index
    for (let i = 0; i < value.length; i++) {
      at.push(i)
      walk(value[i], path, rest, at, visit)
      at.pop()
    }
    return
  }
  if (!isData(value)) return
  const key = path[index]
  if (key === undefined) visit(value, at)
  else if (key !== '@') {
    at.push(key)
    walk(read(value, key), path, index + 1, at, visit)
    at.pop()
  }
}
