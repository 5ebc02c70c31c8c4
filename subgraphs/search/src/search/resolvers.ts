import { type Connection, type PageArguments, pageFrom, toConnection } from '@commerce/service/connection.ts'
import { encodeId } from '@commerce/service/ids.ts'
import { CurrencyCode, DateTime, Decimal } from '@commerce/service/scalars.ts'
import type { Resolvers } from '@commerce/service/subgraph-server.ts'
import type { Context } from '../context.ts'
import type { Sort } from '../engine/engine.ts'
import { facetsOf, priceEdges } from './facets.ts'
import { requestFrom, type SearchArguments, sliceOf } from './search.ts'

interface Product {
  id: string
}

/** The query `search`. Each part of the result is read only when it is asked for, and once. */
export const searchResolvers: Resolvers = {
  Decimal,
  CurrencyCode,
  DateTime,
  Query: {
    search(_: unknown, args: SearchArguments & PageArguments & { sort: Sort }, { engine, currencyCode }: Context) {
      const request = requestFrom(args, currencyCode)
      const page = pageFrom(args)
      const slice = sliceOf(args.sort, page)
      const connection = once(async (): Promise<Connection<Product>> => {
        const hits = await engine.find(request, args.sort, slice)
        const rows = hits.map((hit) => ({ id: encodeId('Product', hit.productId), ...hit }))
        return toConnection(rows, page, ({ keys, productId }) => [args.sort, ...keys, productId])
      })
      return {
        nodes: async () => (await connection()).nodes,
        edges: async () => (await connection()).edges,
        pageInfo: async () => (await connection()).pageInfo,
        totalCount: () => engine.count(request),
        facets: async () => facetsOf(await engine.facets(request, priceEdges(request.currencyCode)), request),
        asOf: () => engine.asOf(),
      }
    },
  },
}

function once<T>(read: () => Promise<T>): () => Promise<T> {
  let promise: Promise<T> | undefined
  return () => {
    promise ??= read()
    return promise
  }
}
