import { type Data, isData, read } from './own.ts'

/** Where a value is in the answer: field names and list indexes. */
export type Path = (string | number)[]

/**
 * The objects found at a plan's path (`@` enters a list), in the order of the answer; nulls are passed over. Lists are also
 * entered where the path does not say so: a subscription's snapshot is completed as one list of payloads.
 */
export function objectsAt(root: Data, path: readonly string[]): Data[] {
  const found: Data[] = []
  walk(root, path, 0, undefined, (object) => found.push(object))
  return found
}

/** The client path of every object that `objectsAt` finds, in the same order; only needed when something went wrong. */
export function pathsAt(root: Data, path: readonly string[]): Path[] {
  const found: Path[] = []
  walk(root, path, 0, [], (_object, at) => found.push(at ? [...at] : []))
  return found
}

function walk(
  value: unknown,
  path: readonly string[],
  index: number,
  at: Path | undefined,
  visit: (object: Data, at: Path | undefined) => void,
): void {
  if (Array.isArray(value)) {
    const rest = path[index] === '@' ? index + 1 : index
    for (let i = 0; i < value.length; i++) {
      at?.push(i)
      walk(value[i], path, rest, at, visit)
      at?.pop()
    }
    return
  }
  if (!isData(value)) return
  const key = path[index]
  if (key === undefined) visit(value, at)
  else if (key !== '@') {
    at?.push(key)
    walk(read(value, key), path, index + 1, at, visit)
    at?.pop()
  }
}
