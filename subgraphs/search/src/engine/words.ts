/*
 * One way to cut text into words, for documents and for queries alike, so that what was indexed is what is asked for. Postgres gets
 * finished `tsvector` and `tsquery` literals: words hold only letters, marks and digits, so nothing in them can be an operator.
 */

/** How much a word counts by where it stands, as Postgres weighs it: A 1, B 0.4, C 0.2, D 0.1. */
export type Weight = 'A' | 'B' | 'C' | 'D'

const MAX_WORD = 64
const MAX_POSITION = 16_383 // of a tsvector
const APOSTROPHE = /(?<=\p{L})['’](?=\p{L})/gu
const ACCENTS = /[\u0300-\u036f]/g
const WORD = /[\p{L}\p{N}][\p{L}\p{N}\p{M}]*/gu

/** The words of a text in order: runs of letters and digits, without case and accents, at most 64 characters each. */
export function wordsOf(text: string): string[] {
  const folded = text.normalize('NFKD').toLowerCase().replace(ACCENTS, '').replace(APOSTROPHE, '')
  return (folded.match(WORD) ?? []).map((word) =>
    word.length > MAX_WORD ? [...word].slice(0, MAX_WORD).join('') : word,
  )
}

/** A word without its English plural "s", after D. Harman, "How effective is suffixing?" (1991), with "xes", "ches" and "shes" besides. */
export function stemOf(word: string): string {
  if (word.length < 4 || !/^[a-z]+s$/.test(word)) return word
  if (/[^ea]ies$/.test(word)) return `${word.slice(0, -3)}y`
  if (/(x|z|ch|sh|ss)es$/.test(word)) return word.slice(0, -2)
  if (/(us|ss|aes|ees|oes)$/.test(word)) return word
  return word.slice(0, -1)
}

/** The text of a document by weight, each with the number of words that are indexed. */
export type WeightedText = readonly { weight: Weight; text: readonly (string | null)[]; maxWords: number }[]

/** A `tsvector` literal: every word as it is written and without its plural, at its position and weight. */
export function vectorOf(fields: WeightedText): string {
  const places = new Map<string, string[]>()
  let position = 0
  for (const { weight, text, maxWords } of fields) {
    const words = text.flatMap((part) => (part === null ? [] : wordsOf(part))).slice(0, maxWords)
    for (const word of words) {
      position = Math.min(position + 1, MAX_POSITION)
      for (const form of new Set([word, stemOf(word)])) {
        const known = places.get(form)
        if (known) known.push(`${position}${weight}`)
        else places.set(form, [`${position}${weight}`])
      }
    }
  }
  return [...places].map(([word, at]) => `'${word}':${at.slice(0, MAX_PLACES).join(',')}`).join(' ')
}

const MAX_PLACES = 255 // Postgres keeps no more of one word

/** What a shopper typed, understood. */
export interface TextQuery {
  /** As typed: it may be a SKU. */
  text: string
  /** A `tsquery` literal, null when there is no word in the text. */
  tsquery: string | null
}

export const MAX_QUERY = 200
export const MAX_QUERY_WORDS = 16

/** Understands any input: null when it is blank. All words, the last one as a prefix, none of the `-words`. */
export function parseQuery(input: string): TextQuery | null {
  const text = input
    .slice(0, MAX_QUERY)
    .replace(/\p{Cc}/gu, ' ')
    .toWellFormed()
    .trim()
  if (text === '') return null
  const wanted: string[] = []
  const unwanted: string[][] = []
  let room = MAX_QUERY_WORDS
  for (const chunk of text.split(/\s+/u)) {
    const words = wordsOf(chunk).slice(0, room)
    room -= words.length
    if (words.length === 0) continue
    if (/^-[\p{L}\p{N}]/u.test(chunk)) unwanted.push(words)
    else wanted.push(...words)
  }
  const last = wanted.length - 1
  const parts = [
    ...wanted.map((word, i) => (i === last ? unfinished(word) : quoted(stemOf(word)))),
    ...unwanted.map((words) => `!(${words.map((word) => quoted(stemOf(word))).join(' & ')})`),
  ]
  return { text, tsquery: parts.length > 0 ? parts.join(' & ') : null }
}

function unfinished(word: string): string {
  const stem = stemOf(word)
  return stem === word ? `${quoted(word)}:*` : `(${quoted(word)}:* | ${quoted(stem)})`
}

function quoted(word: string): string {
  return `'${word}'`
}
