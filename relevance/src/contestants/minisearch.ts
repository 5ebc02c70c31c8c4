import MiniSearch from 'minisearch'
import { countOf, flat, type Open } from './contestant.ts'

/** MiniSearch with the options of its own documentation: prefixes, a fifth of a word's letters may differ, titles count double. */
export const openMiniSearch: Open = async ({ documents }) => {
  const index = new MiniSearch({
    fields: ['title', 'brand', 'category', 'attributes', 'description', 'sku'],
    storeFields: ['brand', 'leaf'],
    searchOptions: { boost: { title: 2 }, fuzzy: 0.2, prefix: true },
  })
  index.addAll(documents.map(flat))
  return {
    find: (query, limit) =>
      index
        .search(query)
        .slice(0, limit)
        .map(({ id }) => id),
    page(query, limit) {
      const all = index.search(query)
      return {
        ids: all.slice(0, limit).map(({ id }) => id),
        totalCount: all.length,
        facets: { category: countOf(all, ({ leaf }) => leaf), brand: countOf(all, ({ brand }) => brand) },
      }
    },
    suggest: (prefix, limit) =>
      index
        .autoSuggest(prefix, { fuzzy: 0.2, prefix: true, combineWith: 'AND' })
        .slice(0, limit)
        .map(({ suggestion }) => suggestion),
    close: async () => index.removeAll(),
  }
}
