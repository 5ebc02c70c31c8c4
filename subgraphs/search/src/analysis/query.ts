/*
 * What a shopper typed, understood without knowing any product: words, phrases, exclusions, the unfinished last word, and the other ways
 * in which the same words may be written. Never fails: whatever is no syntax is text.
 */
import type { Language } from './language.ts'
import { isUnspaced, MAX_CHAIN, MAX_WORD, type Word, wordsOf } from './words.ts'

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
const ONE_TYPO = 4
const TWO_TYPOS = 8
const MIN_HALF = 2
const MIN_COMPOUND_PART = 4
/** Characters between two words that may be one. */
const MAX_GAP = 3

const NOT_TEXT = /[\p{Cc}\p{Zl}\p{Zp}\u200e\u200f\u202a-\u202e\u2066-\u2069]+/gu
const EXCLUSION = /(?<![^\s(])-(?:["“„«]([^"“”„«»]*)["”“»]|(?=[\p{L}\p{N}])(\S+))/gu
/** A quote behind a digit is an inch sign unless it closes a phrase, so a phrase begins behind a space. */
const PHRASE = /(?<![^\s(])["“„«]([^"“”„«»]*)["”“»](?![\p{L}\p{N}])/gu
const DIGIT = /[0-9]/

interface Range {
  start: number
  end: number
}

/** Understands any input. Null when it is blank; `words: []` when there is no word in it. */
export function parseQuery(input: string, language: Language): ParsedQuery | null {
  const text = readable(input)
  if (text.trim() === '') return null
  const excluded: string[][] = []
  const wanted = text.replace(EXCLUSION, (whole, phrase: string | undefined, word: string | undefined) => {
    const surfaces = wordsOf(phrase ?? word ?? '').map(({ surface }) => surface)
    if (surfaces.length > 0) excluded.push(surfaces)
    return blank(whole)
  })
  const quoted: Range[] = []
  // Inch signs stay; the quotes around phrases go, and nothing moves.
  const plain = wanted.replace(PHRASE, (whole, _phrase, start: number) => {
    quoted.push({ start, end: start + whole.length })
    return ` ${whole.slice(1, -1)} `
  })
  const all = wordsOf(plain)
  const words = all.slice(0, MAX_QUERY_WORDS)
  const phrases = quoted
    .map((range) => words.filter((word) => isIn(range, word)).map(({ surface }) => surface))
    .filter((surfaces) => surfaces.length > 0)
  const written = otherWritings(words, quoted)
  const isUnfinished = all.length <= MAX_QUERY_WORDS && words.at(-1)?.end === text.length
  return {
    text,
    words: words.map((word, i) => {
      const inPhrase = quoted.some((range) => isIn(range, word))
      return {
        surface: word.surface,
        typed: plain.slice(word.start, word.end),
        isStopWord: language.isStopWord(word.surface),
        isPrefix: isUnfinished && i === words.length - 1 && !inPhrase,
        typos: inPhrase ? 0 : forgiven(word.surface),
        alternatives: written[i] ?? [],
      }
    }),
    phrases,
    excluded: excluded.slice(0, MAX_QUERY_WORDS),
  }
}

/** How many edits a word may be away from what was meant. */
export function forgiven(surface: string): 0 | 1 | 2 {
  if (DIGIT.test(surface) || isUnspaced(surface) || surface.length < ONE_TYPO) return 0
  return surface.length < TWO_TYPOS ? 1 : 2
}

/**
 * Two known words that are `surface` when written together ("laptopbag": "laptop", "bag"; "arbeitsschuhe": "arbeit", "schuhe"), the most
 * even first, at most 4: to be asked only of words that are not known themselves.
 */
export function splitsOf(surface: string, isKnown: (word: string) => boolean): (readonly [string, string])[] {
  if (surface.length > MAX_WORD || isUnspaced(surface)) return []
  const splits: { words: readonly [string, string]; evenness: number }[] = []
  for (let at = MIN_HALF; at <= surface.length - MIN_HALF; at++) {
    const right = surface.slice(at)
    if (!isKnown(right)) continue
    const left = linked(surface.slice(0, at), isKnown)
    if (left !== null) splits.push({ words: [left, right], evenness: Math.min(left.length, right.length) })
  }
  return splits
    .sort((a, b) => b.evenness - a.evenness)
    .slice(0, 4)
    .map(({ words }) => words)
}

/** The first part of a compound, with or without the letters that link it to the second. */
function linked(left: string, isKnown: (word: string) => boolean): string | null {
  if (isKnown(left)) return left
  for (const link of ['s', 'es', 'n', 'en']) {
    const bare = left.slice(0, -link.length)
    if (bare.length >= MIN_COMPOUND_PART && left.endsWith(link) && isKnown(bare)) return bare
  }
  return null
}

function readable(input: string): string {
  return input
    .slice(0, MAX_QUERY)
    .replace(/[\ud800-\udbff]$/, '')
    .replace(NOT_TEXT, ' ')
}

function blank(text: string): string {
  return ' '.repeat(text.length)
}

function isIn(range: Range, word: Word): boolean {
  return word.start >= range.start && word.end <= range.end
}

/** For each word the other writings that stand for it: its own, its pieces, and what it is when written together with its neighbours. */
function otherWritings(words: readonly Word[], quoted: readonly Range[]): string[][][] {
  const written = words.map(({ parts, surface }) => (parts.length > 1 && isModel(surface, parts) ? [[...parts]] : []))
  const add = (i: number, surface: string) => {
    const known = written[i]
    if (
      known &&
      words[i]?.surface !== surface &&
      !known.some(([only, ...more]) => only === surface && more.length === 0)
    )
      known.push([surface])
  }
  for (const [i, word] of words.entries()) {
    if (quoted.some((range) => isIn(range, word))) continue
    const own = new Set(word.also)
    let joined = word.surface
    for (let j = i + 1; j < words.length && j < i + MAX_CHAIN; j++) {
      if (!mayJoin(words[j - 1] as Word, words[j] as Word)) break
      joined += (words[j] as Word).surface
      if (joined.length > MAX_WORD) break
      if (!own.delete(joined) && j > i + 1) continue
      for (let k = i; k <= j; k++) add(k, joined)
    }
    for (const surface of own) add(i, surface)
  }
  return written
}

/** Words side by side, neither of them a quantity with its unit or with decimals. */
function mayJoin(left: Word, right: Word): boolean {
  return right.start - left.end <= MAX_GAP && !isMeasure(left) && !isMeasure(right)
}

function isMeasure({ surface, parts }: Word): boolean {
  return /^[0-9]/.test(surface) && (parts.length > 0 || surface.includes('.'))
}

/** Letters and digits of a model number may stand apart; the number of a quantity alone is not what was asked for. */
function isModel(surface: string, parts: readonly string[]): boolean {
  return parts.join('') === surface
}
