import type { SearchDocument } from '../../../subgraphs/search/src/engine/port.ts'
import type { Catalog } from '../catalogs.ts'

/** How many products have a value, by value. */
export type Counts = Record<string, number>

/** A page of results with what it can be narrowed by. */
export interface Page {
  ids: readonly string[]
  totalCount: number
  facets: Readonly<Record<'category' | 'brand', Counts>>
}

/** Something that finds products, with one catalog in it. */
export interface Contestant {
  /** Ids of the best hits. `judged`: the products that have a grade, for the contestant that guesses; who searches does not look at them. */
  find(query: string, limit: number, judged: readonly string[] | null): Promise<string[]> | string[]
  /** The first hits and the facets category and brand; null when it does not offer them. */
  page: ((query: string, limit: number) => Promise<Page> | Page) | null
  /** Whole queries that begin so; null when it does not offer that. */
  suggest: ((prefix: string, limit: number) => Promise<readonly string[]> | readonly string[]) | null
  /** Bytes of an index that the JavaScript heap does not show. */
  bytes?(): number
  close(): Promise<void>
}

/** Opens a contestant and puts a catalog into it. */
export type Open = (catalog: Catalog) => Promise<Contestant>

/** A product as engines take it that know texts by name only. */
export function flat(document: SearchDocument) {
  return {
    id: document.productId,
    title: document.title,
    description: document.description ?? '',
    brand: document.brand ?? '',
    category: document.categories.map(({ name }) => name).join(' '),
    attributes: document.attributes.map(({ name, value }) => `${name} ${value}`).join(' '),
    sku: document.variants.map(({ sku }) => sku).join(' '),
    leaf: document.categories.at(-1)?.name ?? '',
  }
}

/** Counts a value of each. */
export function countOf<T>(list: Iterable<T>, read: (one: T) => string): Counts {
  const counts: Counts = {}
  for (const one of list) {
    const value = read(one)
    if (value) counts[value] = (counts[value] ?? 0) + 1
  }
  return counts
}
