import { type PageArguments, pageFrom, toConnection } from '@commerce/service/connection.ts'
import { encodeId } from '@commerce/service/ids.ts'
import { CurrencyCode, DateTime, Decimal } from '@commerce/service/scalars.ts'
import type { Resolvers } from '@commerce/service/subgraph-server.ts'
import { hasScope } from '@commerce/service/viewer.ts'
import { highlight, type Part, snippet } from '../analysis/highlight.ts'
import type { Context } from '../context.ts'
import type { Hit } from '../engine/port.ts'
import { applying, combined } from '../rule/applying.ts'
import { filtersValue } from './choice.ts'
import { facetsOf } from './facets.ts'
import { InputError } from './filters.ts'
import type { KnownProduct } from './repository.ts'
import { type FacetArguments, facetRequestFrom, isCounted, requestFrom, type SearchArguments } from './search.ts'
import { createSearching } from './service.ts'

const SNIPPET = { least: 40, most: 500 }

interface Row {
  id: string
  hit: Hit
}

interface Edge {
  cursor: string
  node: Row
  known(): Promise<KnownProduct | undefined>
}

/** The query `search`. Each part of the result is read only when it is asked for, and once. */
export const searchResolvers: Resolvers = {
  Decimal,
  CurrencyCode,
  DateTime,
  Query: {
    search(_: unknown, args: SearchArguments & PageArguments, context: Context) {
      const { engine, discovery, viewer, currencyCode: shopCurrency, products } = context
      const page = pageFrom(args)
      const now = Date.now()
      const categorySlugs = args.filters?.categorySlugs ?? []
      const applied = applying(discovery.book(), { query: args.query ?? '', categorySlugs, now })
      const { rules, redirect } = combined(applied)
      const isStaff = hasScope(viewer, 'search:read')
      const request = requestFrom(args, page, { shopCurrency, rules, explain: isStaff, now })
      const searching = createSearching(engine, request, ({ totalCount }) => {
        if (isCounted(request)) discovery.demand.record(request.query, totalCount)
      })
      const connection = once(async () => {
        const { hits } = await searching.answer()
        const rows = hits.map((hit): Row => ({ id: encodeId('Product', hit.productId), hit }))
        return toConnection(rows, page, ({ hit }) => [request.sort, ...hit.position])
      })
      const texts = once(async () => products((await connection()).nodes.map(({ hit }) => hit.productId)))
      return {
        nodes: async () => (await connection()).nodes,
        edges: async () =>
          (await connection()).edges.map(
            (edge): Edge => ({ ...edge, known: async () => (await texts()).get(edge.node.hit.productId) }),
          ),
        pageInfo: async () => (await connection()).pageInfo,
        totalCount: async () => (await searching.answer()).totalCount,
        async facets(given: FacetArguments) {
          const wanted = facetRequestFrom(given, request.currencyCode)
          const counts = await searching.counts(wanted)
          return facetsOf(counts, { ...request, facets: wanted }, filtersValue(args.filters), given.keys)
        },
        didYouMean: async () => (await searching.answer()).didYouMean,
        relaxed: async () => (await searching.answer()).relaxed,
        redirect: redirect === null ? null : { url: redirect },
        rules: isStaff ? applied.map(({ rule }) => rule) : null,
        asOf: async () => (await searching.answer()).asOf,
      }
    },
  },
  SearchEdge: {
    async title({ node, known }: Edge): Promise<Part[]> {
      const product = await known()
      return product ? highlight(product.title, isMatched(node.hit)) : []
    },
    async snippet({ node, known }: Edge, { characters }: { characters: number }): Promise<Part[]> {
      const { least, most } = SNIPPET
      if (characters < least || characters > most) {
        throw new InputError(`A snippet has ${least} to ${most} characters, ${characters} were asked for.`)
      }
      const description = (await known())?.description
      return description ? snippet(description, isMatched(node.hit), characters) : []
    },
    explain: ({ node }: Edge) => {
      const { explanation } = node.hit
      if (!explanation) return null
      const parts = explanation.parts.map((part) => ({ ...part, kind: part.kind.toUpperCase() }))
      return { ...explanation, parts }
    },
  },
}

function isMatched({ matched }: Hit): (word: string) => boolean {
  const words = new Set(matched)
  return (word) => words.has(word)
}

function once<T>(read: () => Promise<T>): () => Promise<T> {
  let promise: Promise<T> | undefined
  return () => {
    promise ??= read()
    return promise
  }
}
