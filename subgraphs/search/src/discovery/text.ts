/** Whether a text can be kept: no control characters, no halves of characters. */
export function isPlain(text: string): boolean {
  return !/\p{Cc}/u.test(text) && text.isWellFormed()
}
