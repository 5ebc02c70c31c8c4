import { readSubgraphs } from '@commerce/schema/subgraphs.ts'
import { type DocumentNode, Kind, visit } from 'graphql'
import type { Resolvers, Scenario } from '../scenario.ts'
import { availabilityOf, products, similar } from './data.ts'

const query = /* GraphQL */ `
  fragment Cost on Money { amount currencyCode }
  query ProductPage($slug: String!, $category: String!) {
    product(slug: $slug) {
      id
      slug
      title
      brand
      description
      category { name slug ancestors { name slug } }
      media { url alt }
      options { name values }
      attributes { name value }
      priceRange { min { ...Cost } max { ...Cost } }
      variants(first: 20) {
        nodes {
          sku
          title
          options { name value }
          price { money { ...Cost } compareAt { ...Cost } version }
          availability { status available asOf version }
        }
      }
    }
    similar: search(filters: { categorySlugs: [$category] }, first: 8) {
      totalCount
      nodes { slug title media { url alt } priceRange { min { ...Cost } } }
    }
  }
`

const bySlug = (_: unknown, { slug }: { slug: string }) => products.find((product) => product.slug === slug)
const byId = ({ id }: { id: string }) => products.find((product) => product.id === id)

const resolvers: Record<string, Resolvers> = {
  catalog: {
    Query: { product: bySlug },
    Product: { __resolveReference: byId, variants: ({ variants }) => ({ nodes: variants }) },
  },
  inventory: { Variant: { __resolveReference: ({ sku }: { sku: string }) => ({ sku }), availability: availabilityOf } },
  search: { Query: { search: () => ({ totalCount: products.length, nodes: similar.map((id) => ({ id })) }) } },
  checkout: {},
}

const whole = (product: (typeof products)[number]) => ({
  ...product,
  variants: {
    nodes: product.variants.map((variant) => ({ ...variant, availability: availabilityOf(variant) })),
  },
})

/** The page of a product with twelve variants, and eight similar products, on this project's own schemas. */
export const scenario: Scenario = {
  name: 'product-page',
  subgraphs: Object.fromEntries(
    readSubgraphs().map(({ name, typeDefs }) => [
      name,
      { typeDefs: plain(typeDefs), resolvers: resolvers[name] ?? {} },
    ]),
  ),
  root: {
    product: ({ slug }: { slug: string }) => products.filter((product) => product.slug === slug).map(whole)[0],
    search: () => ({
      totalCount: products.length,
      nodes: similar.map((id) => products.filter((product) => product.id === id).map(whole)[0]),
    }),
  },
  query,
  variables: { slug: 'notebook-3', category: 'notebooks' },
  answerBytes: null,
}

/** A schema without cache tags: the stock gateway refuses a supergraph that has any, and nobody keeps answers here. */
function plain(typeDefs: DocumentNode): DocumentNode {
  return visit(typeDefs, {
    Directive: ({ name }) => (name.value === 'cacheTag' ? null : undefined),
    ListValue: (node) => ({
      ...node,
      values: node.values.filter((value) => value.kind !== Kind.STRING || value.value !== '@cacheTag'),
    }),
  })
}
