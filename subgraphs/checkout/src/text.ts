/** Whether a text has 1 to `max` characters, none of them control characters: what PostgreSQL cannot store is none either. */
export function isText(text: string, max: number): boolean {
  return text.length >= 1 && text.length <= max && text.isWellFormed() && !/\p{Cc}/u.test(text)
}
