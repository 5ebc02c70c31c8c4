import type { Language } from './language.ts'

/** What a shopper typed, understood. */
export interface ParsedQuery {
  /** As read: at most 200 characters, no control characters. It may be a SKU. */
  text: string
  /** At most 16, in order, words of phrases too, stop words marked. */
  words: readonly QueryWord[]
  /** Words "in quotes" must stand in a row; surfaces. */
  phrases: readonly (readonly string[])[]
  /** `-word` and `-"a phrase"`: surfaces that must not stand in a row. */
  excluded: readonly (readonly string[])[]
}

export interface QueryWord {
  surface: string
  /** As typed. */
  typed: string
  isStopWord: boolean
  /** The last word, unless a space or a quote follows. */
  isPrefix: boolean
  /** Edits that may be forgiven: 1 from 4 letters, 2 from 8, none with digits or in a phrase. */
  typos: 0 | 1 | 2
  /**
   * Other writings, each as good as the word itself: all words of one of them must occur. Of "lap top" both words have [["laptop"]]
   * (it stands for both); of "rtx3080" it is [["rtx", "3080"]]. When `isPrefix`, the last word of each may be unfinished too.
   */
  alternatives: readonly (readonly string[])[]
}

export const MAX_QUERY = 200
export const MAX_QUERY_WORDS = 16

/** Understands any input. Null when it is blank; `words: []` when there is no word in it. */
export function parseQuery(_input: string, _language: Language): ParsedQuery | null {
  throw new Error('@TODO in the next commit')
}

/** Words that are known when `surface` is written apart ("laptop" → "lap", "top"): to be asked only of words that are not known themselves. */
export function splitsOf(_surface: string, _isKnown: (word: string) => boolean): (readonly [string, string])[] {
  throw new Error('@TODO in the next commit')
}
