/** A word of a text: what is indexed and what is asked for. */
export interface Word {
  /** Folded: lower case, no accents, no apostrophes, at most 64 characters. A number with its unit is one word: "32gb". */
  surface: string
  /** Where it stands in the original text. */
  start: number
  end: number
  /** The same word written otherwise, indexed at the same place: "wifi" at the "wi" of "wi-fi", "kuehl" of "kühl". */
  also: readonly string[]
  /** What it consists of, indexed at the same place: "rtx", "3080" of "rtx3080"; "2", "4" of "2x4"; "32" of "32gb". */
  parts: readonly string[]
}

/** The words of a text in order. A document indexes `surface`, `also` and `parts` of each at one position. */
export function wordsOf(_text: string): Word[] {
  throw new Error('@TODO in the next commit')
}
