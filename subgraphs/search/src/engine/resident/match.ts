/*
 * Products that match a query, with their text score: word after word over its postings into one score and one set of bits a document (bit n:
 * has word n). Long because it is one loop with what it needs, kept together for speed; the arrays are reused from search to search, which is
 * safe because a search never waits.
 */
import type { ParsedQuery } from '../../analysis/query.ts'
import {
  attributeCount,
  categoryCount,
  descriptionCount,
  inBrand,
  inName,
  inSku,
  NOWHERE,
  titleCount,
  titlePlace,
} from './fields.ts'
import { grown } from './grow.ts'
import type { List } from './postings.ts'
import { formsOf, type Reader, type Slot, slotsOf, type Term } from './slots.ts'
import { LIMITS, WEIGHTS } from './weights.ts'

/** What matches the words; the arrays are in parallel and valid until the next match. */
export interface Matched {
  count: number
  products: Uint32Array
  scores: Float64Array
  /** 1: has all words. */
  hasAll: Uint8Array
  slots: readonly Slot[]
  relaxed: readonly string[]
  /** For explanations: which words (bits) a product has. */
  bitsOf(product: number): number
  weightOf(slot: number): number
}

const { fields, saturation } = WEIGHTS
const DEAD = -1
/** How important a word is that was only found nearly: it may not be what was meant. */
const CORRECTED = 0.7

export type Matcher = ReturnType<typeof createMatcher>

export function createMatcher(reader: Reader) {
  const { texts } = reader
  let score = new Float32Array(0)
  let last = new Float32Array(0)
  let bits = new Uint16Array(0)
  let place = new Uint16Array(0)
  let isExcluded = new Uint8Array(0)
  let touched = new Uint32Array(0)
  let products = new Uint32Array(0)
  let scores = new Float64Array(0)
  let hasAll = new Uint8Array(0)
  let touchedCount = 0
  let excluded: number[] = []

  function reset(): void {
    for (let n = 0; n < touchedCount; n++) bits[touched[n] as number] = 0
    touchedCount = 0
    for (const document of excluded) isExcluded[document] = 0
    excluded = []
    const size = texts.documents
    score = grown(score, size)
    last = grown(last, size)
    bits = grown(bits, size)
    place = grown(place, size)
    isExcluded = grown(isExcluded, size)
    touched = grown(touched, size)
    products = grown(products, size)
    scores = grown(scores, size)
    hasAll = grown(hasAll, size)
  }

  /** Documents that have the words of a query. `strict`: when some have all words, only those. */
  function match(parsed: ParsedQuery, strict: boolean): Matched {
    reset()
    let slots = slotsOf(parsed, reader, false)
    let found = attempt(parsed, slots)
    if (found.all === 0 && parsed.words.length > 0) {
      const thorough = slotsOf(parsed, reader, true)
      if (thorough.some((slot, n) => slot.terms.length > (slots[n] as Slot).terms.length)) {
        reset()
        slots = thorough
        found = attempt(parsed, slots)
      }
    }
    return select(slots, found, strict)
  }

  interface Found {
    weights: Float64Array
    full: number
    all: number
    best: number
    bestBits: number
    shares: Float64Array
  }

  function attempt(parsed: ParsedQuery, slots: readonly Slot[]): Found {
    exclude(parsed)
    const weights = Float64Array.from(slots, weightOfSlot)
    for (const [n, slot] of slots.entries()) addSlot(n, slot, weights)
    checkPhrases(parsed)
    const isOnlyStopWords = slots.every(({ isStopWord }) => isStopWord)
    // A rare word says more than a frequent one, but a rare one alone is not most of a query.
    const importance = weights.map((weight, n) => Math.sqrt(weight) * importanceOf(slots[n] as Slot, isOnlyStopWords))
    let full = 0
    let total = 0
    for (const [n, slot] of slots.entries()) {
      total += importance[n] as number
      if (isOnlyStopWords || !slot.isStopWord) full |= 1 << n
    }
    const shares = new Float64Array(2 ** slots.length).fill(-1)
    const phraseBits = slots.reduce((sum, { isPhrase }, n) => (isPhrase ? sum | (1 << n) : sum), 0)
    let all = 0
    let best = 0
    let bestBits = 0
    for (let n = 0; n < touchedCount; n++) {
      const document = touched[n] as number
      if (isExcluded[document] === 1 || texts.productOf[document] === DEAD) continue
      const has = bits[document] as number
      if ((has & phraseBits) !== phraseBits) {
        isExcluded[document] = 1
        excluded.push(document)
        continue
      }
      if ((has & full) === full) all++
      if ((shares[has] as number) < 0) {
        let share = 0
        for (let slot = 0; slot < slots.length; slot++) if (has & (1 << slot)) share += importance[slot] as number
        shares[has] = total > 0 ? share / total : 0
      }
      if ((shares[has] as number) > best) {
        best = shares[has] as number
        bestBits = has
      }
    }
    return { weights, full, all, best, bestBits, shares }
  }

  /** Inverse document frequency of what a word stands for: of its own forms when it has some. */
  function weightOfSlot({ terms, sequences, isStopWord }: Slot): number {
    let own = 0
    let any = 0
    for (const { word, form } of terms) {
      const frequency = texts.frequencyOf(word)
      if (form === 'exact' || form === 'stem') own = Math.max(own, frequency)
      any = Math.max(any, frequency)
    }
    const live = liveDocuments()
    const frequency = Math.min(live, own || any || (sequences.length > 0 ? 10 : 0))
    const weight = Math.log(1 + (live - frequency + 0.5) / (frequency + 0.5))
    return isStopWord ? Math.min(weight * WEIGHTS.stopWord, WEIGHTS.mostOfStopWord) : weight
  }

  function importanceOf({ isStopWord, isCorrected }: Slot, isOnlyStopWords: boolean): number {
    if (isStopWord && !isOnlyStopWords) return 0
    return isCorrected ? CORRECTED : 1
  }

  function addSlot(n: number, { terms, sequences }: Slot, weights: Float64Array): void {
    const weight = weights[n] as number
    const before = n > 0 ? (weight + (weights[n - 1] as number)) / 2 : 0
    for (const term of terms) addList(texts.listOf(term.word), n, weight * term.weight, before * term.weight)
    for (const { words, weight: share } of sequences) {
      addList(intersection(words), n, weight * share, before * share)
    }
  }

  function addList({ documents, fields: all, start, end }: List, n: number, weight: number, before: number): void {
    const bit = 1 << n
    const { titleNorm, descriptionNorm } = texts
    for (let at = start; at < end; at++) {
      const document = documents[at] as number
      const packed = all[at] as number
      let frequency = 0
      const title = titleCount(packed)
      if (title > 0) frequency += fields.title * title * (titleNorm[document] as number)
      if (inBrand(packed)) frequency += fields.brand
      if (inSku(packed)) frequency += fields.sku
      if (inName(packed)) frequency += fields.name
      frequency += fields.category * categoryCount(packed) + fields.attribute * attributeCount(packed)
      const description = descriptionCount(packed)
      if (description > 0) frequency += fields.description * description * (descriptionNorm[document] as number)
      const value = (weight * frequency * (saturation + 1)) / (frequency + saturation)
      const has = bits[document] as number
      if ((has & bit) !== 0) {
        const more = value - (last[document] as number)
        if (more > 0) {
          score[document] = (score[document] as number) + more
          last[document] = value
        }
        continue
      }
      const here = titlePlace(packed)
      let sum = value
      if (has === 0) touched[touchedCount++] = document
      else {
        sum += score[document] as number
        if (here !== NOWHERE && n > 0 && (has & (bit >> 1)) !== 0) {
          const there = place[document] as number
          if (there !== NOWHERE) {
            const distance = here - there
            if (distance === 1) sum += before * WEIGHTS.adjacent
            else if (distance > -4 && distance < 4 && distance !== 0) sum += before * WEIGHTS.near
          }
        }
      }
      bits[document] = has | bit
      score[document] = sum
      last[document] = value
      place[document] = here
    }
  }

  /** Documents with each of the words in one of its forms; their fields are those of the first word. */
  function intersection(words: readonly (readonly Term[])[]): List {
    let documents: number[] = []
    let packed: number[] = []
    for (const [n, terms] of words.entries()) {
      const here = new Map<number, number>()
      for (const { word } of terms) {
        const list = texts.listOf(word)
        for (let at = list.start; at < list.end; at++) {
          here.set(list.documents[at] as number, list.fields[at] as number)
        }
      }
      if (n === 0) {
        documents = [...here.keys()]
        packed = [...here.values()]
        continue
      }
      const kept = documents.flatMap((document, at) => (here.has(document) ? [at] : []))
      packed = kept.map((at) => packed[at] as number)
      documents = kept.map((at) => documents[at] as number)
    }
    return { documents: Uint32Array.from(documents), fields: Uint32Array.from(packed), start: 0, end: documents.length }
  }

  function exclude({ excluded: unwanted }: ParsedQuery): void {
    const mark = (document: number): void => {
      if (isExcluded[document] === 1) return
      isExcluded[document] = 1
      excluded.push(document)
    }
    for (const surfaces of unwanted) {
      if (surfaces.length === 1) {
        for (const { word } of formsOf(surfaces[0] as string, reader)) {
          const { documents, start, end } = texts.listOf(word)
          for (let at = start; at < end; at++) mark(documents[at] as number)
        }
        continue
      }
      for (const document of withPhrase(surfaces)) mark(document)
    }
  }

  /** Live documents where the words stand in a row. */
  function withPhrase(surfaces: readonly string[]): Set<number> {
    const words = surfaces.map((surface) => texts.vocabulary.idOf(surface))
    if (!words.every((word): word is number => word !== undefined)) return new Set()
    const rarest = [...words].sort((a, b) => texts.frequencyOf(a) - texts.frequencyOf(b))[0] as number
    const { documents, start, end } = texts.listOf(rarest)
    const found = new Set<number>()
    for (let at = start; at < end; at++) {
      const document = documents[at] as number
      const product = texts.productOf[document] as number
      if (product !== DEAD && texts.hasPhrase(product, words)) found.add(document)
    }
    return found
  }

  function checkPhrases({ phrases }: ParsedQuery): void {
    for (const surfaces of phrases) {
      if (surfaces.length < 2) continue
      const found = withPhrase(surfaces)
      for (let n = 0; n < touchedCount; n++) {
        const document = touched[n] as number
        if (found.has(document) || isExcluded[document] === 1) continue
        isExcluded[document] = 1
        excluded.push(document)
      }
    }
  }

  function select(slots: readonly Slot[], found: Found, strict: boolean): Matched {
    const { all, best, bestBits, full, shares, weights } = found
    const onlyAll = all >= LIMITS.few || (strict && all > 0)
    const least = strict ? best : Math.min(LIMITS.leastShare, best)
    let count = 0
    for (let n = 0; n < touchedCount; n++) {
      const document = touched[n] as number
      const product = texts.productOf[document] as number
      if (isExcluded[document] === 1 || product === DEAD) continue
      const has = bits[document] as number
      const isFull = (has & full) === full
      const share = shares[has] as number
      if (!isFull && (onlyAll || share < least - 1e-9)) continue
      products[count] = product
      scores[count] = (score[document] as number) * (isFull ? 1 : share ** WEIGHTS.coordination)
      hasAll[count++] = isFull ? 1 : 0
    }
    const relaxed =
      all === 0 && count > 0
        ? slots.flatMap(({ typed, isStopWord }, n) => (bestBits & (1 << n) || isStopWord ? [] : [typed]))
        : []
    return {
      count,
      products,
      scores,
      hasAll,
      slots,
      relaxed,
      bitsOf: (product) => bits[texts.documentOf(product)] ?? 0,
      weightOf: (slot) => weights[slot] as number,
    }
  }

  function liveDocuments(): number {
    return Math.max(1, texts.live)
  }

  /** Everything but what the query excludes. */
  function browse(parsed: ParsedQuery | null): Matched {
    reset()
    if (parsed) exclude(parsed)
    let count = 0
    for (let document = 0; document < texts.documents; document++) {
      const product = texts.productOf[document] as number
      if (product === DEAD || isExcluded[document] === 1) continue
      products[count] = product
      scores[count] = 1
      hasAll[count++] = 1
    }
    return { count, products, scores, hasAll, slots: [], relaxed: [], bitsOf: () => 0, weightOf: () => 0 }
  }

  return {
    match,
    browse,
    bytes: () => score.length * (4 + 4 + 2 + 2 + 1 + 4 + 4 + 8 + 1),
  }
}
