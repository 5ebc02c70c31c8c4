/*
 * What each word of a query may stand for in this index: itself, other forms and writings, what it begins, synonyms, and words near it
 * when it is unknown or rare. Long because the order in which these are tried is the rule, and it is read best in one place.
 */
import type { Language } from '../../analysis/language.ts'
import { type ParsedQuery, type QueryWord, splitsOf } from '../../analysis/query.ts'
import type { Texts } from './texts.ts'
import { LIMITS, SHOPPING_WORDS, WEIGHTS } from './weights.ts'

export type Form = 'exact' | 'stem' | 'written' | 'synonym' | 'prefix' | 'ending' | 'typo'

/** A word of the index that counts for a word of the query. */
export interface Term {
  word: number
  weight: number
  form: Form
}

/** One word of the query. Any of `terms`, or all of one of `sequences` (each of its words in one of some forms), stands for it. */
export interface Slot {
  typed: string
  isStopWord: boolean
  /** In quotes: cannot be given up. */
  isPhrase: boolean
  terms: readonly Term[]
  sequences: readonly { words: readonly (readonly Term[])[]; weight: number; form: Form }[]
  /** Only words near it were found. */
  isCorrected: boolean
}

/** Terms that follow a word or words in a row, by the surfaces of the beginning, joined by spaces. */
export type SynonymMap = ReadonlyMap<string, readonly (readonly string[])[]>

const { forms } = WEIGHTS
const LONGEST_SYNONYM = 4
const THREE_LETTERS = /^\p{L}{3}$/u
const TRANSPOSABLE = /^\p{L}{2}$/u

export interface Reader {
  texts: Texts
  language: Language
  synonyms: SynonymMap
}

/** The words of a query as slots. `thorough`: near words are looked for even when the word is known and not rare. */
export function slotsOf(parsed: ParsedQuery, reader: Reader, thorough: boolean): Slot[] {
  const surfaces = parsed.words.map(({ surface }) => surface)
  const inPhrase = new Set(parsed.phrases.flat())
  return parsed.words.map((word, at) => {
    const isPhrase = word.typos === 0 && inPhrase.has(word.surface)
    return slotOf(word, isPhrase, isPhrase ? [] : synonymsAt(surfaces, at, reader), reader, thorough)
  })
}

/** All that means the same as the words around a place: of "solid state disk" each of the three words may be "ssd". */
function synonymsAt(surfaces: readonly string[], at: number, { synonyms }: Reader): (readonly string[])[] {
  if (synonyms.size === 0) return []
  const found: (readonly string[])[] = []
  for (let from = Math.max(0, at - LONGEST_SYNONYM + 1); from <= at; from++) {
    for (let to = at + 1; to <= Math.min(surfaces.length, from + LONGEST_SYNONYM); to++) {
      found.push(...(synonyms.get(surfaces.slice(from, to).join(' ')) ?? []))
    }
  }
  return found
}

function slotOf(
  word: QueryWord,
  isPhrase: boolean,
  synonyms: readonly (readonly string[])[],
  reader: Reader,
  thorough: boolean,
): Slot {
  const { texts, language } = reader
  const { vocabulary, frequencyOf } = texts
  const isStopWord = word.isStopWord || saysLittle(word.surface, language)
  const terms = new Map<number, Term>()
  const add = (id: number | undefined, weight: number, form: Form): void => {
    if (id === undefined || frequencyOf(id) === 0) return
    const known = terms.get(id)
    if (!known || known.weight < weight) terms.set(id, { word: id, weight, form })
  }
  const held = () => Math.max(0, ...[...terms.keys()].map(frequencyOf))
  const sequences: Slot['sequences'][number][] = []
  const addWritten = (written: readonly string[], weight: number, form: Form, isPrefix: boolean): void => {
    if (written.length === 1) {
      const only = written[0] as string
      for (const term of formsOf(only, reader)) add(term.word, term.weight * weight, form)
      if (isPrefix) for (const id of vocabulary.withPrefix(only, LIMITS.forms)) add(id, weight * forms.prefix, 'prefix')
      return
    }
    const words = written.map((one, n) => {
      const found = formsOf(one, reader)
      if (!isPrefix || n < written.length - 1) return found
      const ids = new Set(found.map(({ word }) => word))
      const begun = vocabulary.withPrefix(one, LIMITS.forms).filter((id) => !ids.has(id))
      return [...found, ...begun.map((id): Term => ({ word: id, weight: forms.prefix, form: 'prefix' }))]
    })
    if (words.every((one) => one.length > 0)) sequences.push({ words, weight, form })
  }

  for (const term of formsOf(word.surface, reader)) {
    if (!isPhrase || term.form === 'exact') add(term.word, term.weight, term.form)
  }
  const isKnown = terms.size > 0
  if (isPhrase)
    return { typed: word.typed, isStopWord: false, isPhrase, terms: [...terms.values()], sequences, isCorrected: false }

  for (const written of word.alternatives) addWritten(written, forms.written, 'written', word.isPrefix)
  for (const written of synonyms) addWritten(written, forms.synonym, 'synonym', false)
  if (word.isPrefix) {
    const known = held() * LIMITS.timesMoreFrequent
    for (const id of vocabulary.withPrefix(word.surface, LIMITS.prefixes)) {
      add(id, isKnown && frequencyOf(id) < known ? forms.prefixOfKnown : forms.prefix, 'prefix')
    }
  }
  if (language.compounds && word.surface.length > 3) {
    for (const id of vocabulary.withEnding(word.surface, LIMITS.endings)) add(id, forms.ending, 'ending')
  }
  if (held() <= LIMITS.rare) {
    const knows = (text: string) => {
      const id = vocabulary.idOf(text)
      return id !== undefined && frequencyOf(id) > 0
    }
    for (const split of splitsOf(word.surface, knows)) addWritten(split, forms.written, 'written', false)
  }

  const frequency = held()
  const isUnknown = terms.size === 0
  if (!isStopWord && (thorough || frequency <= LIMITS.rare)) {
    const least = isUnknown || thorough ? 1 : Math.max(1, frequency) * LIMITS.timesMoreFrequent
    const factor = isUnknown ? 1 : forms.typoOfKnown
    const addNear = (id: number | undefined, weight: number): void => {
      if (id !== undefined && frequencyOf(id) >= least && !terms.has(id)) add(id, weight * factor, 'typo')
    }
    for (const swapped of transpositionsOf(word.surface)) addNear(vocabulary.idOf(swapped), forms.transposition)
    if (word.typos === 0 && THREE_LETTERS.test(word.surface)) {
      // A letter is missing: what is meant has four, one of which is forgiven.
      for (const { id } of vocabulary.near(word.surface, 1, false, LIMITS.near)) {
        if (vocabulary.wordOf(id).length > 3) addNear(id, forms.typos[1])
      }
    }
    if (word.typos > 0) {
      const edits = word.typos as 1 | 2
      for (const near of vocabulary.near(word.surface, edits, false, LIMITS.near)) {
        addNear(near.id, forms.typos[near.edits] as number)
      }
      if (word.isPrefix) {
        for (const near of vocabulary.near(word.surface, edits, true, LIMITS.near)) {
          addNear(near.id, (forms.typos[near.edits] as number) * forms.typoPrefix)
        }
      }
    }
  }
  const sorted = [...terms.values()].sort((a, b) => b.weight - a.weight || a.word - b.word)
  const isCorrected = isUnknown && sorted.length > 0 && sequences.length === 0
  return {
    typed: word.typed,
    // "wtih" says as little as "with".
    isStopWord: isStopWord || (isCorrected && language.isStopWord(vocabulary.wordOf((sorted[0] as Term).word))),
    isPhrase,
    terms: sorted,
    sequences,
    isCorrected,
  }
}

/** Words of shoppers that are about shopping, not about products. */
function saysLittle(surface: string, { code }: Language): boolean {
  return SHOPPING_WORDS[code]?.has(surface) ?? false
}

/** The word itself and other forms of it, as far as products hold them. */
export function formsOf(surface: string, { texts, language }: Reader): Term[] {
  const { vocabulary, frequencyOf } = texts
  const own = vocabulary.idOf(surface)
  const found: Term[] = []
  if (own !== undefined && frequencyOf(own) > 0) found.push({ word: own, weight: forms.exact, form: 'exact' })
  for (const id of vocabulary.withStem(language.stemOf(surface))) {
    if (found.length >= LIMITS.forms) break
    if (id !== own && frequencyOf(id) > 0) found.push({ word: id, weight: forms.stem, form: 'stem' })
  }
  return found
}

/** The word with two neighbouring letters swapped, every way: the most frequent mistake, and cheap enough for short words and model numbers. */
function transpositionsOf(surface: string): string[] {
  const found: string[] = []
  for (let at = 0; at + 1 < surface.length; at++) {
    const pair = surface.slice(at, at + 2)
    if (pair[0] === pair[1] || !TRANSPOSABLE.test(pair)) continue
    found.push(surface.slice(0, at) + pair[1] + pair[0] + surface.slice(at + 2))
  }
  return found
}
