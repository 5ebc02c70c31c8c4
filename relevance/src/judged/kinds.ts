// Long because it is one table: a kind of query is a few lines, and what counts as right for it is read beside it.
import { pick, type Random, shuffled } from '@commerce/local/shop/random.ts'
import type { SearchDocument } from '../../../subgraphs/search/src/engine/port.ts'
import type { Grades } from '../measures.ts'
import { singular, type Texts, wordsIn } from './texts.ts'

/** What a shopper might type, and how relevant products are to it. */
export interface Judged {
  query: string
  /** The words that were meant, for kinds that write them otherwise. */
  words: readonly string[]
  grades: Grades
}

/** Makes a query out of a product; null when this product gives none of that kind. */
export type Kind = (product: SearchDocument, texts: Texts, random: Random) => Judged | null

const MAX_WORDS = 12

/** Kinds of queries whose words are spelled as the catalog spells them. */
export const kinds: Readonly<Record<string, Kind>> = {
  /** All words of a title. */
  title(product, texts) {
    const words = distinct(wordsIn(product.title)).slice(0, MAX_WORDS)
    return words.length < 2 ? null : judged(words, gradesOfTitle(product, words, texts))
  },

  /** Some words of a title, in order. */
  part(product, texts, random) {
    const words = partOf(product, random)
    return words && judged(words, gradesOfWords(product, words, texts))
  },

  /** Some words of a title in another order. */
  reordered(product, texts, random) {
    const words = partOf(product, random)
    if (!words) return null
    const [first = '', ...rest] = words
    return { ...judged(words, gradesOfWords(product, words, texts)), query: [...rest, first].join(' ') }
  },

  /** Some words of a title, of the last one only how it begins. */
  prefix(product, texts, random) {
    const words = partOf(product, random)
    const last = words?.at(-1)
    if (!words || !last || !/^\p{L}{5,}$/u.test(last)) return null
    const begun = last.slice(0, Math.max(3, Math.ceil(last.length * (0.4 + random() * 0.4))))
    const before = words.slice(0, -1)
    const grades = new Map<string, number>()
    for (const id of texts.withAll([...before, texts.beginningWith(begun, 'anywhere')], 'anywhere')) grades.set(id, 2)
    for (const id of texts.withAll([...before, texts.beginningWith(begun, 'title')], 'title')) grades.set(id, 3)
    return { query: [...before, begun].join(' '), words, grades: grades.set(product.productId, 3) }
  },

  /** Some words of a title and its category, in the singular where it says the plural and the other way. */
  plural(product, texts, random) {
    const category = wordsIn(product.categories.at(-1)?.name ?? '').at(-1)
    const words = distinct([...(partOf(product, random)?.slice(0, 2) ?? []), ...(category ? [category] : [])])
    if (!words.some((word) => /^[a-z]{4,}$/.test(word))) return null
    const typed = words.map((word) => (/^[a-z]{4,}$/.test(word) ? otherNumber(word) : word))
    return { ...judged(words, gradesOfWords(product, words, texts)), query: typed.join(' ') }
  },

  /** Some words of a title with a number and its unit, written together where the title has them apart and the other way. */
  units(product, texts, random) {
    const together = wordsIn(product.title).find((word) =>
      /^\d+(gb|tb|mb|mhz|ghz|hz|w|mm|cm|inch|in|ft|oz|mah)$/.test(word),
    )
    if (!together) return null
    const others = distinct(wordsIn(product.title)).filter((word) => word !== together)
    const words = [...sample(others, 2, random), together]
    const apart = together.replace(/^(\d+)/, '$1 ')
    const isTogether = product.title.toLowerCase().includes(together)
    const typed = [...words.slice(0, -1), isTogether ? apart : together]
    return { ...judged(words, gradesOfWords(product, words, texts)), query: typed.join(' ') }
  },

  /** Two neighbouring words of a title written as one. */
  joined(product, texts, random) {
    const all = wordsIn(product.title)
    const places = all.flatMap((word, n) => (isLetters(word) && isLetters(all[n + 1] ?? '') ? [n] : []))
    if (places.length === 0) return null
    const at = pick(random, places)
    const words = distinct(all.slice(Math.max(0, at - 1), at + 3))
    const pair = [all[at], all[at + 1]]
    const query = words.join(' ').replace(pair.join(' '), pair.join(''))
    if (query === words.join(' ') || words.length < 2) return null
    return { query, words, grades: gradesOfWords(product, words, texts) }
  },

  /** A word of a title that is two words, written apart. */
  apart(product, texts, random) {
    const words = partOf(product, random)
    if (!words) return null
    for (const word of words.filter((one) => /^[a-z]{7,}$/.test(one))) {
      for (let at = 3; at <= word.length - 3; at++) {
        const halves = [word.slice(0, at), word.slice(at)] as const
        if (halves.some((half) => texts.frequency(half) < 3)) continue
        const query = words.map((one) => (one === word ? halves.join(' ') : one)).join(' ')
        return { query, words, grades: gradesOfWords(product, words, texts) }
      }
    }
    return null
  },

  /** A SKU. */
  sku({ productId, variants }) {
    const sku = variants[0]?.sku
    return sku ? { query: sku, words: [sku], grades: new Map([[productId, 3]]) } : null
  },

  /** A brand and a category: the set of products that have both. */
  'brand + category'({ brand, categories }, texts) {
    const category = categories.at(-1)
    if (!brand || !category) return null
    const set = texts.documents.filter((one) => one.brand === brand && one.categories.at(-1)?.id === category.id)
    return { query: `${brand} ${category.name}`.replace(/[™®©]/g, '').toLowerCase(), words: [], grades: allOf(set, 3) }
  },

  /** The value of an attribute and a category: the set of products that have both. */
  'category + attribute'({ attributes, categories }, texts, random) {
    const category = categories.at(-1)
    const said = attributes.filter(isTelling)
    if (!category || said.length === 0) return null
    const { name, value } = pick(random, said)
    const set = texts.documents.filter(
      (one) =>
        one.categories.at(-1)?.id === category.id &&
        one.attributes.some((other) => other.name === name && hasWords(other.value, value)),
    )
    return { query: `${value} ${category.name}`.toLowerCase(), words: [], grades: allOf(set, 3) }
  },

  /** A sentence with words that say nothing about products, a category, and two properties: "cheap black mechanical keyboard with usb". */
  sentence(product, texts, random) {
    const category = product.categories.at(-1)
    const said = sample(product.attributes.filter(isTelling), 2, random)
    if (!category || (said.length < 2 && !product.brand)) return null
    const [first, second] = said
    const brand = !second && product.brand ? product.brand : null
    const query = pick(random, [
      `cheap ${first?.value ?? ''} ${category.name} with ${second?.value ?? brand ?? ''}`,
      `i am looking for a ${category.name} ${first?.value ?? ''} from ${second?.value ?? brand ?? ''}`,
      `what is the best ${second?.value ?? brand ?? ''} ${category.name} for ${first?.value ?? ''}`,
    ])
    const grades = new Map<string, number>()
    for (const one of texts.documents) {
      if (one.categories.at(-1)?.id !== category.id) continue
      const fits = said.filter(({ name, value }) =>
        one.attributes.some((other) => other.name === name && hasWords(other.value, value)),
      ).length
      const wanted = said.length + (brand ? 1 : 0)
      const has = fits + (brand && one.brand === brand ? 1 : 0)
      if (has > 0) grades.set(one.productId, has === wanted ? 3 : 1)
    }
    return { query: query.toLowerCase().replace(/[™®©]/g, '').replace(/\s+/g, ' ').trim(), words: [], grades }
  },

  /** Words of a description that are not in the title. */
  description(product, texts, random) {
    const words = tellingWords(product, texts, 3 + Math.floor(random() * 3), random)
    return words.length < 3 ? null : judged(words, gradesOfMostWords(product, words, texts))
  },

  /** One or two words each of a title, its category and its description, as shoppers mix them. */
  mixed(product, texts, random) {
    const title = sample(
      distinct(wordsIn(product.title)).filter((word) => word.length > 2),
      2,
      random,
    )
    const category = wordsIn(product.categories.at(-1)?.name ?? '').slice(-1)
    const said = tellingWords(product, texts, 1 + Math.floor(random() * 2), random)
    const words = distinct([...title, ...said, ...category])
    return title.length === 0 || said.length === 0 ? null : judged(words, gradesOfMostWords(product, words, texts))
  },
}

function judged(words: readonly string[], grades: Grades): Judged {
  return { query: words.join(' '), words, grades }
}

/** The same title 3, a title with all words 2, all words anywhere 1. */
function gradesOfTitle(product: SearchDocument, words: readonly string[], texts: Texts): Grades {
  const grades = new Map<string, number>()
  for (const id of texts.withAll(words, 'anywhere')) grades.set(id, 1)
  for (const id of texts.withAll(words, 'title')) grades.set(id, 2)
  for (const id of texts.sameTitle(product)) grades.set(id, 3)
  return grades.set(product.productId, 3)
}

/** A title with all words 3, all words anywhere 2. */
function gradesOfWords(product: SearchDocument, words: readonly string[], texts: Texts): Grades {
  const grades = new Map<string, number>()
  for (const id of texts.withAll(words, 'anywhere')) grades.set(id, 2)
  for (const id of texts.withAll(words, 'title')) grades.set(id, 3)
  return grades.set(product.productId, 3)
}

/** The product itself 3, all words anywhere 2, all but one 1. */
function gradesOfMostWords(product: SearchDocument, words: readonly string[], texts: Texts): Grades {
  const grades = new Map<string, number>()
  for (const left of words) {
    for (const id of texts.withAll(
      words.filter((word) => word !== left),
      'anywhere',
    ))
      grades.set(id, 1)
  }
  for (const id of texts.withAll(words, 'anywhere')) grades.set(id, 2)
  return grades.set(product.productId, 3)
}

function allOf(documents: readonly SearchDocument[], grade: number): Grades {
  return new Map(documents.map(({ productId }) => [productId, grade]))
}

function partOf(product: SearchDocument, random: Random): string[] | null {
  const words = distinct(wordsIn(product.title))
  if (words.length < 2) return null
  const some = sample(words, Math.max(2, Math.ceil(words.length * 0.6)), random)
  return some.some((word) => word.length > 2) ? some.slice(0, MAX_WORDS) : null
}

/** So many of these at random, in their order. */
function sample<T>(list: readonly T[], count: number, random: Random): T[] {
  const places = new Set(shuffled(random, [...list.keys()]).slice(0, count))
  return list.filter((_, n) => places.has(n))
}

/** Words of the description alone: neither in the title nor in many products. */
export function tellingWords(product: SearchDocument, texts: Texts, count: number, random: Random): string[] {
  const title = new Set(wordsIn(`${product.title} ${product.brand ?? ''}`).map(singular))
  const most = texts.documents.length * 0.1
  const words = distinct(wordsIn(product.description ?? '')).filter(
    (word) =>
      /^[a-z]{4,}$/.test(word) &&
      !title.has(singular(word)) &&
      texts.frequency(word) <= most &&
      texts.frequency(word) >= 2,
  )
  return sample(words, count, random)
}

/** An attribute that a shopper would name by its value alone. */
export function isTelling({ value }: { value: string }): boolean {
  return /^[\p{L}][\p{L}\p{N} .-]{2,24}$/u.test(value) && !/^(yes|no|none|true|false)$/i.test(value)
}

function hasWords(value: string, wanted: string): boolean {
  const words = new Set(wordsIn(value))
  return wordsIn(wanted).every((word) => words.has(word))
}

function otherNumber(word: string): string {
  return singular(word) === word ? (/(s|x|z|ch|sh)$/.test(word) ? `${word}es` : `${word}s`) : singular(word)
}

function isLetters(word: string): boolean {
  return /^[a-z]{3,}$/.test(word)
}

function distinct<T>(list: readonly T[]): T[] {
  return [...new Set(list)]
}
