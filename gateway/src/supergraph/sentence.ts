/** An error in one line: its first, with the next where that begins what it says. Supergraphs' errors come with excerpts of the SDL. */
export function sentenceOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)
  const [first = '', second] = message.split('\n').map((line) => line.trim())
  return first.endsWith(':') && second ? `${first} ${second}` : first
}
