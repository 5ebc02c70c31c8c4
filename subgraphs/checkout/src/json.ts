/** A value as JSON, amounts as text: JSON has no bigint, and a float would round them. */
export function jsonOf(value: unknown): string {
  return JSON.stringify(value, (_, each) => (typeof each === 'bigint' ? String(each) : each))
}
