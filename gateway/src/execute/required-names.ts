const pattern = /^_required\d+_/

/** The key under which a plan reads `field` with the arguments that a `@requires` gives; `number` tells such keys apart. */
export function requiredKey(number: number, field: string): string {
  return `_required${number}_${field}`
}

/** The field's own name for such a key; any other key as it is. */
export function fieldOfKey(key: string): string {
  return key.charCodeAt(1) === 114 && pattern.test(key) ? key.replace(pattern, '') : key
}
