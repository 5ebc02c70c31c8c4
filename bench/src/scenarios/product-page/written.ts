import { readSubgraphs } from '@commerce/schema/subgraphs.ts'
import { type DocumentNode, parse, visit } from 'graphql'
import { prices } from '../prices.ts'
import type { WrittenScenario } from '../scenario.ts'
import { withTags } from '../tagged.ts'
import { products } from './data.ts'
import { scenario } from './scenario.ts'

const shown = products.find(({ slug }) => slug === scenario.variables.slug)
const keys = shown?.variants.map(({ sku }) => sku) ?? []
const current = prices(keys)
const catalog = scenario.subgraphs.catalog as WrittenScenario['subgraphs'][string]
const mutation = parse('extend type Mutation { priceChange(sku: String!): Variant }').definitions

const withMutation = (typeDefs: DocumentNode): DocumentNode => ({
  ...typeDefs,
  definitions: [...typeDefs.definitions, ...mutation],
})

const declared = Object.fromEntries(
  readSubgraphs().map(({ name, typeDefs }) => [name, name === 'catalog' ? withMutation(typeDefs) : typeDefs]),
)
// The shop asks its search every time. Kept by the catalog's events the whole page can be, which is what is to be measured.
const search = withTags((scenario.subgraphs.search as typeof catalog).typeDefs, {
  'Query.search': 'catalog.product.changed',
})

// Others read `@cacheControl` too, and without sessions keep nothing of which a part is private: theirs has none.
const withoutHints = (typeDefs: DocumentNode): DocumentNode =>
  visit(typeDefs, { Directive: ({ name }) => (name.value === 'cacheControl' ? null : undefined) })

interface Row {
  sku: string
  price: { version: number }
}
const priced = <T extends Row>(row: T): Row['price'] => {
  const version = current.of(row.sku)
  return version === undefined ? row.price : { ...row.price, version }
}

/** The product page while the prices of its twelve variants are written; `Price.version` tells which price it is. */
export const written: WrittenScenario = {
  ...scenario,
  subgraphs: {
    ...Object.fromEntries(
      Object.entries(scenario.subgraphs).map(([name, { typeDefs, resolvers }]) => [
        name,
        { typeDefs: withoutHints(typeDefs), resolvers },
      ]),
    ),
    catalog: {
      typeDefs: withMutation(withoutHints(catalog.typeDefs)),
      resolvers: {
        ...catalog.resolvers,
        Variant: { price: priced },
        Mutation: {
          priceChange(_, { sku }) {
            current.write(sku)
            return shown?.variants.find((variant) => variant.sku === sku)
          },
        },
      },
    },
  },
  tagged: { ...declared, search },
  declared,
  writtenBy: 'catalog',
  keys,
  mutation: 'mutation ($key: String!) { priceChange(sku: $key) { id sku price { version } } }',
  written(value) {
    const variant = value as Partial<Row> | null
    return variant?.sku === undefined || variant.price === undefined
      ? value
      : { ...variant, price: priced(variant as Row) }
  },
}
