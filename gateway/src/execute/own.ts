/** A JSON object as parsed: keys come from subgraphs, so they are read and written only through this file where they may be hostile. */
export interface Data {
  [key: string]: unknown
}

const inherited = new Set(Object.getOwnPropertyNames(Object.prototype))

/** The own value under `key`, never one inherited from `Object.prototype` (a field may be called `constructor`). */
export function read(object: Data, key: string): unknown {
  if (inherited.has(key) && !Object.hasOwn(object, key)) return undefined
  return object[key]
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
