/** A JSON object as parsed: keys come from subgraphs, so they are read and written only through this file where they may be hostile. */
export interface Data {
  [key: string]: unknown
}

const inherited = new Set(Object.getOwnPropertyNames(Object.prototype))

/** True for names such as `constructor`, which every object seems to have. */
export function isInherited(key: string): boolean {
  return inherited.has(key)
}

/** The own value under a key that `isInherited`. */
export function readInherited(object: Data, key: string): unknown {
  return Object.hasOwn(object, key) ? object[key] : undefined
}

/** The own value under `key`, never one inherited from `Object.prototype` (a field may be called `constructor`). */
export function read(object: Data, key: string): unknown {
  return inherited.has(key) ? readInherited(object, key) : object[key]
}

/** Sets an own value; `__proto__` becomes a plain key and never the prototype. */
export function write(object: Data, key: string, value: unknown): void {
  if (key === '__proto__') {
    Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true })
  } else object[key] = value
}

/** True for a JSON object, false for null, lists and scalars. */
export function isData(value: unknown): value is Data {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
