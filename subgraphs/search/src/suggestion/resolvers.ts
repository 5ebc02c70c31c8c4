import { encodeId } from '@commerce/service/ids.ts'
import type { Resolvers } from '@commerce/service/subgraph-server.ts'
import type { Context } from '../context.ts'
import { BOUNDS, type Completion } from '../engine/port.ts'
import { filtersValue } from '../search/choice.ts'
import { InputError } from '../search/filters.ts'
import { suggestionsFor } from './service.ts'

/** The query `suggest`. */
export const suggestionResolvers: Resolvers = {
  Query: {
    suggest(_: unknown, { query, first }: { query: string; first: number }, { engine, discovery }: Context) {
      if (first < 1 || first > BOUNDS.suggestions) {
        throw new InputError(`\`first\` is 1 to ${BOUNDS.suggestions}, ${first} was given.`)
      }
      return suggestionsFor(engine, discovery.demand.popular(), query, first)
    },
  },
  SearchCategorySuggestion: {
    slug: ({ id }: Completion) => id,
    input: ({ id }: Completion) => filtersValue({ categorySlugs: id === null ? [] : [id] }),
  },
  SearchBrandSuggestion: {
    brand: ({ text }: Completion) => text,
    input: ({ text }: Completion) => filtersValue({ brands: [text] }),
  },
  SearchProductSuggestion: {
    product: ({ id }: Completion) => id && { id: encodeId('Product', id) },
  },
}
