/** How an attribute's value reads: as words, as one number with or without a unit, or as yes or no. */
export type AttributeReading =
  | { kind: 'TEXT' }
  | { kind: 'NUMBER'; number: number; unit: string | null }
  | { kind: 'BOOLEAN'; boolean: boolean }

const NUMBER = /^([+-]?(?:\d{1,3}(?:,\d{3})+|\d{1,15})(?:\.\d{1,15})?)\s*([\p{L}°%"'µ²³/][\p{L}\d°%"'µ²³/.·-]{0,15})?$/u
const BOOLEANS: Record<string, boolean> = { yes: true, true: true, no: false, false: false }

/** Reads a value: `"144 Hz"` is 144 with the unit Hz, `"16:9"` is words, `"yes"` is true. */
export function readAttribute(value: string): AttributeReading {
  const text = value.trim()
  const boolean = Object.hasOwn(BOOLEANS, text.toLowerCase()) ? BOOLEANS[text.toLowerCase()] : undefined
  if (boolean !== undefined) return { kind: 'BOOLEAN', boolean }
  const match = NUMBER.exec(text)
  if (!match?.[1]) return { kind: 'TEXT' }
  return { kind: 'NUMBER', number: Number(match[1].replaceAll(',', '')), unit: match[2] ?? null }
}
