import type { SearchDocument } from '../../../subgraphs/search/src/engine/port.ts'

// The rules of this folder are its own on purpose: what is judged must not depend on how the engine takes a text apart.
const UNITS = 'gb|tb|mb|kb|mhz|ghz|hz|khz|w|watt|mm|cm|inch|in|ft|oz|lb|mah|v|dpi|rpm|qt|gal'
const WITH_UNIT = new RegExp(`(\\d)[\\s-]?(${UNITS})(?![\\p{L}\\p{N}])`, 'giu')

/** The words of a text in lower case, without accents and entities; a number with its unit is one word. */
export function wordsIn(text: string): string[] {
  const plain = text
    .replace(/&#?\w+;|[™®©]/g, ' ')
    .normalize('NFKD')
    .replace(/\p{M}+|['’]/gu, '')
    .toLowerCase()
  return plain.replace(WITH_UNIT, '$1$2').match(/[\p{L}\p{N}]+/gu) ?? []
}

/** A word without the "s" of a plural: both are the same word to a shopper. */
export function singular(word: string): string {
  return word.length > 3 && /[^s]s$/.test(word) ? word.slice(0, -1) : word
}

/** Which products have which words, in the title and anywhere. */
export class Texts {
  readonly documents: readonly SearchDocument[]
  readonly #titles: Postings = new Map()
  readonly #anywhere: Postings = new Map()
  readonly #titleOf = new Map<string, string>()

  constructor(documents: readonly SearchDocument[]) {
    this.documents = documents
    for (const document of documents) {
      const title = keysIn(document.title)
      add(this.#titles, title, document.productId)
      this.#titleOf.set(document.productId, [...title].sort().join(' '))
      add(this.#anywhere, new Set([...title, ...keysIn(everything(document))]), document.productId)
    }
  }

  /** The products with all of these words; a word may be given as the list of words of which one must be there. */
  withAll(words: readonly (string | readonly string[])[], where: 'title' | 'anywhere'): Set<string> {
    const postings = where === 'title' ? this.#titles : this.#anywhere
    const lists = words.map((word) => {
      const [only, ...others] = typeof word === 'string' ? [word] : word
      const first = postings.get(singular(only ?? '')) ?? EMPTY
      return others.length === 0
        ? first
        : new Set([first, ...others.map((one) => postings.get(singular(one)) ?? EMPTY)].flatMap((set) => [...set]))
    })
    const [smallest = EMPTY, ...rest] = lists.sort((a, b) => a.size - b.size)
    return new Set([...smallest].filter((id) => rest.every((list) => list.has(id))))
  }

  /** The products whose titles have the same words as this product's, itself included. */
  sameTitle(document: SearchDocument): Set<string> {
    const title = this.#titleOf.get(document.productId)
    return new Set([...this.withAll(wordsIn(document.title), 'title')].filter((id) => this.#titleOf.get(id) === title))
  }

  /** Words of titles that begin so. */
  beginningWith(prefix: string, where: 'title' | 'anywhere'): string[] {
    const postings = where === 'title' ? this.#titles : this.#anywhere
    return [...postings.keys()].filter((word) => word.startsWith(prefix))
  }

  /** Whether a product has a word, in the singular, anywhere. */
  has(productId: string, word: string): boolean {
    return this.#anywhere.get(word)?.has(productId) ?? false
  }

  /** How many products have this word. */
  frequency(word: string, where: 'title' | 'anywhere' = 'anywhere'): number {
    return (where === 'title' ? this.#titles : this.#anywhere).get(singular(word))?.size ?? 0
  }
}

type Postings = Map<string, Set<string>>
const EMPTY: ReadonlySet<string> = new Set<string>()

function add(postings: Postings, words: ReadonlySet<string>, id: string): void {
  for (const word of words) {
    const list = postings.get(word)
    if (list) list.add(id)
    else postings.set(word, new Set([id]))
  }
}

function keysIn(text: string): Set<string> {
  return new Set(wordsIn(text).map(singular))
}

function everything({ description, brand, categories, attributes, variants }: SearchDocument): string {
  return [
    description,
    brand,
    ...categories.map(({ name }) => name),
    ...attributes.flatMap(({ name, value }) => [name, value]),
    ...variants.flatMap(({ sku, title }) => [sku, title]),
  ].join(' \n ')
}
