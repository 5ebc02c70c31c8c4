import { type DocumentNode, parse } from 'graphql'
import { prices } from '../prices.ts'
import type { WrittenScenario } from '../scenario.ts'
import { withTags } from '../tagged.ts'
import { scenario } from './scenario.ts'

// Those that the answer shows.
const keys = ['1', '2', '3', '4', '5']
const current = prices(keys)
const { accounts, inventory, products, reviews } = scenario.subgraphs as Record<
  'accounts' | 'inventory' | 'products' | 'reviews',
  WrittenScenario['subgraphs'][string]
>

const typeDefs: DocumentNode = {
  ...products.typeDefs,
  definitions: [
    ...products.typeDefs.definitions,
    ...parse('type Mutation { priceChange(upc: String!): Product }').definitions,
  ],
}

const users = 'catalog.user.changed'
const opinions = 'checkout.review.changed'

/** The public benchmark while the prices of the five products that it shows are written; its answer is longer, because such prices have ten digits. */
export const written: WrittenScenario = {
  ...scenario,
  subgraphs: {
    ...scenario.subgraphs,
    products: {
      typeDefs,
      resolvers: {
        ...products.resolvers,
        Product: {
          ...products.resolvers.Product,
          price: ({ upc, price }) => current.of(upc) ?? price,
        },
        Mutation: {
          priceChange(_, { upc }) {
            current.write(upc)
            return products.resolvers.Product?.__resolveReference?.({ upc }, {})
          },
        },
      },
    },
  },
  tagged: {
    accounts: withTags(accounts.typeDefs, {
      'Query.me': users,
      'Query.user': users,
      'Query.users': users,
      User: `${users}.{$key.id}`,
    }),
    inventory: withTags(inventory.typeDefs, { Product: 'inventory.stock.changed.{$key.upc}' }),
    products: withTags(typeDefs, {
      // A list of products shows their prices: what it depends on besides, each answer says itself.
      'Query.topProducts': 'catalog.product.changed',
      Product: 'catalog.price.changed.{$key.upc}',
    }),
    reviews: withTags(reviews.typeDefs, {
      Review: `${opinions}.{$key.id}`,
      User: `${opinions}.{$key.id}`,
      Product: `${opinions}.{$key.upc}`,
    }),
  },
  writtenBy: 'products',
  keys,
  mutation: 'mutation ($key: String!) { priceChange(upc: $key) { upc price } }',
  written(value) {
    const product = value as { upc?: string; price?: number } | null
    const price = typeof product?.upc === 'string' ? current.of(product.upc) : undefined
    return price === undefined ? value : { ...product, price }
  },
  answerBytes: null,
}
