import type { Catalog } from '../../../relevance/src/catalogs.ts'
import { judgedSets } from '../../../relevance/src/judged/judged.ts'

/** What is asked of every contestant: words of products, the same with a mistake in each word, beginnings of words; and nothing, which finds everything. */
export interface Asked {
  results: readonly Wanted[]
  typos: readonly Wanted[]
  suggestions: readonly string[]
  /** Of ours only: the others find nothing then. */
  everything: readonly string[]
}

/** A query, and the product out of whose words it was made. */
export interface Wanted {
  query: string
  productIds: readonly string[]
}

const EVERYTHING = 20

const KINDS = {
  results: ['part', 'shop'],
  typos: ['part: transpose', 'part: substitute', 'shop: swapped'],
  suggestions: ['prefix'],
}

/** The queries, `count` of each kind that the relevance check has, always the same. */
export function askedOf(catalog: Catalog, count: number): Asked {
  const sets = judgedSets(catalog, 'test', count, 1)
  const of = (kinds: readonly string[]) =>
    sets.flatMap(({ kind, queries }) =>
      kinds.includes(kind)
        ? queries.map(({ query, grades }) => ({
            query,
            productIds: [...grades].flatMap(([id, grade]) => (grade === 3 ? [id] : [])),
          }))
        : [],
    )
  const begun = of(KINDS.suggestions).map(({ query }) => query)
  return {
    results: of(KINDS.results),
    typos: of(KINDS.typos),
    suggestions: begun.map(lastWords),
    everything: Array(EVERYTHING).fill(''),
  }
}

/** What stands in the search box while somebody types the last word. */
function lastWords(query: string): string {
  return query.split(' ').slice(-2).join(' ')
}
