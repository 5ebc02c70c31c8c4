/** How words of a language are reduced to their stem, and which of them say little. Words come folded, as `wordsOf` gives them. */
export interface Language {
  code: string
  stemOf(word: string): string
  isStopWord(word: string): boolean
}

/** The language of an ISO 639-1 code ("en"). Throws a sentence that lists the known codes. */
export function languageOf(_code: string): Language {
  throw new Error('@TODO in the next commit')
}
