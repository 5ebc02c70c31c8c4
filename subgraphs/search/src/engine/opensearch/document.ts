import type { Language } from '../../analysis/language.ts'
import { wordsOf } from '../../analysis/words.ts'
import type { SearchDocument } from '../port.ts'
import { SEPARATOR } from './indices.ts'

/** The words of one text as an index holds them. */
interface TextField {
  words: string
  stems: string
}

/** What of a product's document does not depend on prices and stock. */
export interface ProductSource {
  productId: string
  version: number
  titleText: TextField
  brandText: TextField
  categoryText: TextField
  attributeText: TextField
  descriptionText: TextField
  /** The surfaces of each text in a row, for phrases. */
  phrases: string[]
  /** Words that a misspelled one is corrected to. */
  spelling: string
  brand: string | null
  categoryIds: string[]
  categorySlugs: string[]
  /** Of each category: id and slug of its parent, its own, and its name. */
  categoryNodes: string[]
  attributes: { name: string; value: string; number: number | null }[]
  /** In small letters. */
  skus: string[]
  rating: number | null
  basePopularity: number
  createdAt: string
  /** What answers are made of. */
  shown: { title: string; brand: string | null; texts: string[]; skus: string[] }
}

/** A keyword of OpenSearch holds at most 32,766 bytes. */
const MAX_KEYWORD = 8_000
const AMOUNT = /^\s*[-+]?\d+(?:\.\d+)?/

/** A product as its index holds it, before its prices and stock are added. */
export function sourceOf(document: SearchDocument, language: Language): ProductSource {
  const { title, brand, description, categories, attributes, variants } = document
  const names = categories.map(({ name }) => name)
  const values = [...attributes.map(({ value }) => value), ...variants.map((variant) => variant.title)]
  const texts = [title, brand ?? '', ...names, ...values, description ?? '']
  const rating = attributes.find(({ name }) => name.toLowerCase() === 'rating')
  return {
    productId: document.productId,
    version: document.version,
    titleText: fieldOf([title], language),
    brandText: fieldOf([brand ?? ''], language),
    categoryText: fieldOf(names, language),
    attributeText: fieldOf(values, language),
    descriptionText: fieldOf([description ?? ''], language),
    phrases: texts
      .map((text) =>
        wordsOf(text)
          .map(({ surface }) => surface)
          .join(' '),
      )
      .filter((text) => text !== ''),
    spelling: [
      ...new Set([title, brand ?? '', ...names].flatMap((text) => wordsOf(text).map(({ surface }) => surface))),
    ].join(' '),
    brand: brand === null ? null : keywordOf(brand),
    categoryIds: categories.map(({ id }) => id),
    categorySlugs: categories.map(({ slug }) => slug),
    categoryNodes: categories.map(({ id, slug, name }, n) => {
      const parent = categories[n - 1]
      return [parent?.id ?? '', parent?.slug ?? '', id, slug, keywordOf(name)].join(SEPARATOR)
    }),
    attributes: distinct(attributes),
    skus: [...new Set(variants.map(({ sku }) => sku.toLowerCase()))],
    rating: rating ? amountOf(rating.value) : null,
    basePopularity: Number.isFinite(document.popularity) ? document.popularity : 0,
    createdAt: document.createdAt,
    shown: { title, brand, texts, skus: variants.map(({ sku }) => sku) },
  }
}

/** The number that a value begins with; null when it begins with none. */
export function amountOf(value: string): number | null {
  const found = AMOUNT.exec(value)
  return found ? Number(found[0]) : null
}

function fieldOf(texts: readonly string[], language: Language): TextField {
  const words = texts.flatMap((text) => wordsOf(text))
  return {
    words: words.flatMap(({ surface, also, parts }) => [surface, ...also, ...parts]).join(' '),
    stems: words.map(({ surface }) => language.stemOf(surface)).join(' '),
  }
}

function distinct(attributes: SearchDocument['attributes']): ProductSource['attributes'] {
  const found = new Map<string, ProductSource['attributes'][number]>()
  for (const { name, value } of attributes) {
    found.set(`${name}${SEPARATOR}${value}`, {
      name: keywordOf(name),
      value: keywordOf(value),
      number: amountOf(value),
    })
  }
  return [...found.values()]
}

function keywordOf(text: string): string {
  return text.replaceAll(SEPARATOR, ' ').slice(0, MAX_KEYWORD)
}
