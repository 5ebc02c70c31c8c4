/*
 * The words of all products: postings by word, and by product its words in order, for phrases and for taking them away again. A product
 * that changes gets a new document number; its old one stays in the lists as a dead one until too many are dead.
 */
import type { Language } from '../../analysis/language.ts'
import { type Word, wordsOf } from '../../analysis/words.ts'
import type { SearchDocument } from '../port.ts'
import { type Field, NO_FIELDS, withOccurrence } from './fields.ts'
import { grown } from './grow.ts'
import { createPostings } from './postings.ts'
import { createRows } from './rows.ts'
import { createVocabulary } from './vocabulary.ts'
import { WEIGHTS } from './weights.ts'

export type Texts = ReturnType<typeof createTexts>

/** In a product's row: the word stands where the one before it does. */
const SAME_PLACE = 0x80000000
/** In a product's row: another text begins. */
const BREAK = 0x7fffffff
const DEAD = -1
const MAX_TITLE = 200
const MAX_DESCRIPTION = 2_000
const FEWEST_DEAD = 4_096

export function createTexts(language: Language) {
  let frequency = new Int32Array(0)
  const vocabulary = createVocabulary(language.stemOf, (word) => frequency[word] ?? 0)
  const postings = createPostings()
  const rows = createRows()
  let documentOf = new Int32Array(0)
  let dead = 0
  let scratch = new Uint32Array(0)

  const self = {
    vocabulary,
    /** How many document numbers are in use; the dead ones too. */
    documents: 0,
    /** How many of them are not dead. */
    get live() {
      return self.documents - dead
    },
    /** -1: dead. */
    productOf: new Int32Array(0),
    /** One divided by how much longer than usual, by document. */
    titleNorm: new Float32Array(0),
    descriptionNorm: new Float32Array(0),
    frequencyOf: (word: number) => frequency[word] ?? 0,
    listOf: postings.listOf,
    documentOf: (product: number) => documentOf[product] ?? DEAD,
    put,
    hasPhrase,
    wordsOfTitle,
    eachWord,
    bytes: () => postings.bytes() + rows.bytes() + self.productOf.length * 12 + documentOf.length * 4,
  }

  function put(product: number, document: SearchDocument): void {
    documentOf = grown(documentOf, product + 1, DEAD)
    remove(product)
    const row: number[] = []
    const words: number[] = []
    const add = (text: string, field: Field, most: number): number => {
      const found = wordsOf(text)
      if (found.length === 0) return 0
      if (row.length > 0) row.push(BREAK)
      const count = Math.min(found.length, most)
      for (let at = 0; at < count; at++) {
        const { surface, also, parts } = found[at] as Word
        for (let n = -1; n < also.length + parts.length; n++) {
          const text = n < 0 ? surface : ((also[n] ?? parts[n - also.length]) as string)
          const word = vocabulary.add(text)
          if (word >= scratch.length) {
            scratch = grown(scratch, word + 1)
            frequency = grown(frequency, word + 1)
          }
          if (scratch[word] === 0) {
            words.push(word)
            scratch[word] = NO_FIELDS
          }
          scratch[word] = withOccurrence(scratch[word] as number, field, at)
          row.push(n < 0 ? word : (word | SAME_PLACE) >>> 0)
        }
      }
      return count
    }
    const title = add(document.title, 'title', MAX_TITLE)
    if (document.brand) add(document.brand, 'brand', MAX_TITLE)
    for (const [n, { name }] of document.categories.entries()) {
      add(name, 'category', MAX_TITLE)
      if (n === document.categories.length - 1) add(name, 'category', MAX_TITLE)
    }
    for (const { name, value } of document.attributes) {
      if (/^(yes|true)$/i.test(value)) add(name, 'attribute', MAX_TITLE)
      else {
        add(value, 'attribute', MAX_TITLE)
        add(name, 'name', MAX_TITLE)
      }
    }
    for (const { sku, title } of document.variants) {
      add(sku, 'sku', MAX_TITLE)
      if (title !== document.title) add(title, 'attribute', MAX_TITLE)
    }
    const description = document.description ? add(document.description, 'description', MAX_DESCRIPTION) : 0

    const number = self.documents++
    self.productOf = grown(self.productOf, number + 1, DEAD)
    self.titleNorm = grown(self.titleNorm, number + 1)
    self.descriptionNorm = grown(self.descriptionNorm, number + 1)
    self.productOf[number] = product
    documentOf[product] = number
    const { length } = WEIGHTS
    self.titleNorm[number] = 1 / (1 - length.title + (length.title * title) / length.usualTitle)
    self.descriptionNorm[number] =
      1 / (1 - length.description + (length.description * description) / length.usualDescription)
    for (const word of words) {
      postings.add(word, number, scratch[word] as number)
      frequency[word] = (frequency[word] as number) + 1
      scratch[word] = 0
    }
    rows.set(product, row)
  }

  function remove(product: number): void {
    const document = documentOf[product] as number
    if (document === DEAD) return
    const seen = new Set<number>()
    eachWord(product, (word) => {
      if (!seen.has(word)) frequency[word] = (frequency[word] as number) - 1
      seen.add(word)
    })
    self.productOf[document] = DEAD
    dead++
    if (dead > FEWEST_DEAD && dead * 4 > self.documents) compact()
  }

  /** Leaves the dead out of all lists: one pass over them, after a third as many changes as there are products. */
  function compact(): void {
    const numbers = new Int32Array(self.documents)
    let next = 0
    for (let document = 0; document < self.documents; document++) {
      const product = self.productOf[document] as number
      numbers[document] = product === DEAD ? DEAD : next
      if (product === DEAD) continue
      self.productOf[next] = product
      self.titleNorm[next] = self.titleNorm[document] as number
      self.descriptionNorm[next] = self.descriptionNorm[document] as number
      documentOf[product] = next++
    }
    self.productOf.fill(DEAD, next)
    self.documents = next
    dead = 0
    postings.renumber(numbers)
  }

  function eachWord(product: number, visit: (word: number) => void): void {
    const [segment, start] = [rows.segment(product), rows.start(product)]
    for (let at = start; at < start + rows.length(product); at++) {
      const token = segment[at] as number
      if (token !== BREAK) visit(token & BREAK)
    }
  }

  /** Whether the words stand in a row somewhere in the product. */
  function hasPhrase(product: number, words: readonly number[]): boolean {
    const [segment, start] = [rows.segment(product), rows.start(product)]
    const end = start + rows.length(product)
    for (let at = start; at < end; at++) {
      if (standsAt(segment, at, end, words)) return true
    }
    return false
  }

  /** The words of its title in order, without other writings. */
  function wordsOfTitle(product: number): number[] {
    const [segment, start] = [rows.segment(product), rows.start(product)]
    const words: number[] = []
    for (let at = start; at < start + rows.length(product) && segment[at] !== BREAK; at++) {
      if ((segment[at] as number) < SAME_PLACE) words.push(segment[at] as number)
    }
    return words
  }

  return self
}

function standsAt(segment: Uint32Array, from: number, end: number, words: readonly number[]): boolean {
  let at = from
  for (const wanted of words) {
    if (at >= end || segment[at] === BREAK) return false
    let isHere = ((segment[at] as number) & BREAK) === wanted
    at++
    // What stands at the same place follows its word.
    while (at < end && (segment[at] as number) >= SAME_PLACE) {
      if (((segment[at] as number) & BREAK) === wanted) isHere = true
      at++
    }
    if (!isHere) return false
  }
  return true
}
