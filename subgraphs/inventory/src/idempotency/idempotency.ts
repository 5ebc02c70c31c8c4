import { createHash } from 'node:crypto'

/** What a request was about: equal for equal JSON, whatever the order of its fields. */
export function fingerprintOf(input: unknown): string {
  return createHash('sha256').update(canonical(input)).digest('base64url')
}

/** Like `fingerprintOf`, for inputs in which null says something else than what is left out. */
export function exactFingerprintOf(name: string, input: object): string {
  const given = Object.entries(input).filter(([, value]) => value !== undefined)
  const nulls = given.flatMap(([field, value]) => (value === null ? [field] : [])).sort()
  return fingerprintOf({ name, input: Object.fromEntries(given), nulls })
}

function canonical(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    part !== null && typeof part === 'object' && !Array.isArray(part)
      ? Object.fromEntries(
          Object.entries(part)
            .filter(([, field]) => field !== null)
            .sort(([a], [b]) => (a < b ? -1 : 1)),
        )
      : part,
  )
}
