import { encodeId, requireUuid } from '@commerce/service/ids.ts'
import type { Resolvers } from '@commerce/service/subgraph-server.ts'
import type { Context } from '../context.ts'
import { InputError } from '../search/filters.ts'

interface Product {
  id: string
}

const MOST = 50

/** What goes with a product. */
export const relatedResolvers: Resolvers = {
  Product: {
    __resolveReference: ({ id }: Product): Product => ({ id }),
    async related({ id }: Product, { first }: { first: number }, { discovery }: Context) {
      return productsOf(await discovery.related.like(requireUuid(id, 'Product', 'id'), bounded(first)))
    },
    async boughtTogether({ id }: Product, { first }: { first: number }, { boughtWith }: Context) {
      return productsOf(await boughtWith(requireUuid(id, 'Product', 'id'), bounded(first)))
    },
  },
}

function bounded(first: number): number {
  if (first >= 1 && first <= MOST) return first
  throw new InputError(`\`first\` is 1 to ${MOST}, ${first} was given.`)
}

function productsOf(ids: readonly string[]): Product[] {
  return ids.map((id) => ({ id: encodeId('Product', id) }))
}
