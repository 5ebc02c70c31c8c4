import { create, insertMultiple, search } from '@orama/orama'
import { flat, type Open } from './contestant.ts'

const properties = ['title', 'brand', 'category', 'attributes', 'description', 'sku'] as const

/** Orama with the options of its own documentation: one letter of a word may differ, titles count double. */
export const openOrama: Open = async ({ documents }) => {
  const schema = {
    ...Object.fromEntries(properties.map((name) => [name, 'string'])),
    brandName: 'enum',
    leaf: 'enum',
  } as const
  const index = create({ schema: schema as Record<string, 'string' | 'enum'> })
  await insertMultiple(
    index,
    documents.map((one) => ({ ...flat(one), brandName: one.brand ?? '' })),
    1_000,
  )
  const options = { tolerance: 1, boost: { title: 2 }, properties: [...properties] }
  return {
    async find(term, limit) {
      const { hits } = await search(index, { term, limit, ...options })
      return hits.map(({ id }) => id)
    },
    async page(term, limit) {
      const { hits, count, facets } = await search(index, {
        term,
        limit,
        ...options,
        facets: { leaf: {}, brandName: {} },
      })
      return {
        ids: hits.map(({ id }) => id),
        totalCount: count,
        facets: { category: facets?.leaf?.values ?? {}, brand: facets?.brandName?.values ?? {} },
      }
    },
    suggest: null,
    close: async () => {},
  }
}
