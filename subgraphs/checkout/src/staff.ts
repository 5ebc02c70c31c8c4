/** What staff need to see, and to change, promotions, delivery, tax and the terms of SKUs. */
export const READ_SCOPE = 'checkout:read'
export const WRITE_SCOPE = 'checkout:write'

/** Why something that staff set was refused: `field` is the path into the input. */
export interface StaffFault<Code extends string = 'INVALID'> {
  code: Code
  field: readonly string[] | null
  message: string
}

export function invalid(field: readonly string[], message: string): StaffFault {
  return { code: 'INVALID', field, message }
}

/** A percentage as text in millionths, or null when it is none from 0 to 100 with at most four decimals: `"8.875"` is 88_750. */
export function ppmFrom(percent: string): number | null {
  const match = /^(\d{1,3})(?:\.(\d{1,4})0*)?$/.exec(percent)
  if (!match) return null
  const ppm = Number(match[1]) * 10_000 + Number((match[2] ?? '').padEnd(4, '0'))
  return ppm <= 1_000_000 ? ppm : null
}

/** Millionths as a percentage: 88_750 is `"8.875"`. */
export function percentOf(ppm: number): string {
  return String(ppm / 10_000)
}

/** Whether this can be a name for staff and shoppers: 1 to 200 characters, none of them control characters. */
export function isTitle(text: string): boolean {
  return text.trim().length > 0 && text.length <= 200 && text.isWellFormed() && !/\p{Cc}/u.test(text)
}

/** Whether this can be a short name for programs: `standard`, `us-east`. */
export function isCode(text: string): boolean {
  return /^[a-z0-9][a-z0-9_-]{0,49}$/.test(text)
}
