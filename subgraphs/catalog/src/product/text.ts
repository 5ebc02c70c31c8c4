/** One thing wrong with an input: where, what would be right, what was there. */
export interface Problem {
  path: string[]
  expected: string
  got: string
}

/** Makes a problem; a long value is shortened to 80 characters, control characters are shown as escapes. */
export function problem(path: readonly string[], expected: string, got: unknown): Problem {
  const shown = JSON.stringify(got) ?? 'nothing'
  return { path: [...path], expected, got: shown.length > 80 ? `${shown.slice(0, 77)}...` : shown }
}

/** Whether the database can hold it and people can read it: well-formed Unicode, no control characters but tab and line breaks. */
export function isCleanText(text: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
  return text.isWellFormed() && !/[\u0000-\u0008\u000B\u000C\u000E-\u001F\u007F]/.test(text)
}

/** The same text with one space for each run of white space, none at its ends. */
export function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim()
}

/** What is wrong with a text of 1 to `max` characters; null when nothing is. */
export function textProblem(path: readonly string[], text: string, max: number): Problem | null {
  if (text.trim() === '') return problem(path, 'a text that is not empty', text)
  if (text.length > max) return problem(path, `at most ${max} characters`, `${text.length} characters`)
  if (!isCleanText(text)) return problem(path, 'well-formed text without control characters', text)
  return null
}
