// Long because each construct of federation is one row of the same comparison.
import { ApolloGateway } from '@apollo/gateway'
import { ApolloServer } from '@apollo/server'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Answer, type SubgraphSource, startGraph, type TestGraph } from './graph.ts'

const products = [
  {
    id: '1',
    sku: 'a',
    name: 'Chair',
    weight: 10,
    size: 'SMALL',
    kind: 'Book',
    title: 'One',
    details: { any: [1, 'x', null] },
  },
  { id: '2', sku: 'b', name: 'Table', weight: 40, size: 'LARGE', kind: 'Film', title: 'Two', details: 'text' },
  { id: '3', sku: 'c', name: 'Lamp', weight: 3, size: 'SMALL', kind: 'Book', title: 'Three', details: 7 },
]
const byId = (id: string) => products.find((product) => product.id === id)

const sources: Record<string, SubgraphSource> = {
  catalog: {
    typeDefs: `
      scalar JSON
      enum Size { SMALL LARGE }
      type Query { products(first: Int): [Product!]! product(id: ID!): Product medias: [Media!]! things: [Thing!]! node(id: ID!): Node matrix: [[Product!]!]! pair: [Product!]! }
      type Mutation { rename(id: ID!, name: String!): Product }
      interface Node { id: ID! }
      interface Media @key(fields: "id") { id: ID! title: String! }
      type Book implements Media @key(fields: "id") { id: ID! title: String! pages: Int! }
      type Film implements Media @key(fields: "id") { id: ID! title: String! minutes: Int! }
      union Thing = Product | Book | Film
      type Product implements Node @key(fields: "id") @key(fields: "sku") {
        id: ID! sku: String! name: String! @shareable weight(unit: String): Int! size: Size details: JSON maker: Maker! related: [Product!]!
      }
      type Maker @key(fields: "id") { id: ID! name: String @shareable }
    `,
    resolvers: {
      Query: {
        products: (_: unknown, { first }: { first?: number }) => products.slice(0, first ?? 3),
        product: (_: unknown, { id }: { id: string }) => byId(id),
        medias: () => products,
        things: () => [products[0], { ...products[1], isProduct: true }],
        node: (_: unknown, { id }: { id: string }) => byId(id) && { ...byId(id), isProduct: true },
        matrix: () => [[products[0], products[1]], [products[1]], []],
        pair: () => [products[0], products[0]],
      },
      Mutation: { rename: (_: unknown, { id, name }: { id: string; name: string }) => ({ ...byId(id), name }) },
      Media: {
        __resolveType: (media: { kind: string }) => media.kind,
        __resolveReference: ({ id }: { id: string }) => byId(id),
      },
      Thing: {
        __resolveType: (thing: { kind: string; isProduct?: boolean }) => (thing.isProduct ? 'Product' : thing.kind),
      },
      Node: { __resolveType: () => 'Product' },
      Book: { pages: () => 100, __resolveReference: ({ id }: { id: string }) => byId(id) },
      Film: { minutes: () => 90, __resolveReference: ({ id }: { id: string }) => byId(id) },
      Product: {
        __resolveReference: (ref: { id?: string; sku?: string }) =>
          products.find((p) => p.id === ref.id || p.sku === ref.sku),
        weight: (product: { weight: number }, { unit }: { unit?: string }) =>
          unit === 'g' ? product.weight * 1000 : product.weight,
        maker: () => ({ id: 'm1', name: 'Acme' }),
        related: (product: { id: string }) => products.filter((other) => other.id !== product.id),
      },
      Maker: { __resolveReference: ({ id }: { id: string }) => ({ id, name: 'Acme' }) },
    },
  },
  shipping: {
    typeDefs: `
      type Query { cheapest: Product @provides(fields: "name") }
      type Mutation { ship(sku: String!): Product }
      type Product @key(fields: "sku") {
        sku: String! name: String! @external weight(unit: String): Int! @external size: Size @external
        cost: Int @requires(fields: "weight size") label(prefix: String = "to"): String!
      }
      enum Size { SMALL LARGE }
    `,
    resolvers: {
      Query: { cheapest: () => ({ sku: 'c', name: 'provided Lamp' }) },
      Mutation: { ship: (_: unknown, { sku }: { sku: string }) => ({ sku }) },
      Product: {
        __resolveReference: (ref: object) => ref,
        cost: (ref: { weight: number; size: string }) => ref.weight * (ref.size === 'LARGE' ? 3 : 2),
        label: (ref: { sku: string }, { prefix }: { prefix: string }) => `${prefix} ${ref.sku}`,
      },
    },
  },
  reviews: {
    typeDefs: `
      type Query { topReviews: [Review!]! }
      type Media @key(fields: "id") @interfaceObject { id: ID! stars: Int! }
      type Product @key(fields: "id") { id: ID! reviews(first: Int): [Review!]! }
      type Review { text: String! product: Product! media: Media! author: Author }
      type Author @key(fields: "id") { id: ID! name: String }
      type Maker @key(fields: "id") { id: ID! name: String @shareable rating: Float }
    `,
    resolvers: {
      Query: { topReviews: () => [{ id: '1' }, { id: '2' }, { id: '1' }] },
      Media: { __resolveReference: (ref: object) => ref, stars: ({ id }: { id: string }) => Number(id) + 1 },
      Product: {
        __resolveReference: (ref: object) => ref,
        reviews: (ref: { id: string }, { first }: { first?: number }) => [ref, ref].slice(0, first ?? 2),
      },
      Review: {
        text: ({ id }: { id: string }) => `about ${id}`,
        product: ({ id }: { id: string }) => ({ id }),
        media: ({ id }: { id: string }) => ({ id }),
        author: ({ id }: { id: string }) => (id === '2' ? null : { id: `author ${id}`, name: 'Ann' }),
      },
      Maker: { __resolveReference: ({ id }: { id: string }) => ({ id }), rating: () => 4.5 },
    },
  },
}

let graph: TestGraph
let reference: ApolloServer

beforeAll(async () => {
  graph = await startGraph(sources)
  const quiet = { debug() {}, info() {}, warn() {}, error() {} }
  const gateway = new ApolloGateway({ supergraphSdl: graph.supergraphSdl, logger: quiet })
  reference = new ApolloServer({
    gateway,
    introspection: true,
    logger: quiet,
    includeStacktraceInErrorResponses: false,
  })
  await reference.start()
})

afterAll(async () => {
  await reference.stop()
  await graph.stop()
})

async function askReference(query: string, variables?: Record<string, unknown>): Promise<Answer> {
  const response = await reference.executeOperation({ query, variables })
  if (response.body.kind !== 'single') throw new Error('The reference answered in parts.')
  return JSON.parse(JSON.stringify(response.body.singleResult))
}

describe('answers like the reference executor', () => {
  const cases: [construct: string, query: string, variables?: Record<string, unknown>][] = [
    ['one subgraph', '{ products { id name size details } }'],
    ['entities of two subgraphs in parallel', '{ products { name cost reviews { text } } }'],
    ['fields that require others', '{ product(id: "2") { cost label } }'],
    ['provided fields', '{ cheapest { sku name } }'],
    ['provided fields and their entity', '{ cheapest { sku name cost reviews { text author { name } } } }'],
    ['aliases at every level', '{ p: products { n: name c: cost r: reviews { t: text of: product { m: name } } } }'],
    [
      'the same field with other arguments',
      '{ product(id: "1") { a: label(prefix: "x") b: label(prefix: "y") one: reviews(first: 1) { text } reviews { text } } }',
    ],
    [
      'variables and defaults',
      'query ($id: ID!, $n: Int = 1, $p: String) { product(id: $id) { label(prefix: $p) reviews(first: $n) { text } } }',
      { id: '2', p: 'up' },
    ],
    ['an absent variable', 'query ($id: ID!, $p: String) { product(id: $id) { label(prefix: $p) } }', { id: '2' }],
    ['a missing root object', '{ product(id: "nope") { name cost } }'],
    ['an interface', '{ medias { __typename id title ... on Book { pages } ... on Film { minutes } } }'],
    ['an interface object', '{ medias { id title stars } }'],
    [
      'an interface object reached from its subgraph',
      '{ topReviews { media { __typename stars title ... on Film { minutes } } } }',
    ],
    ['an interface object without its interface', '{ topReviews { media { id stars } } }'],
    ['a union', '{ things { __typename ... on Product { name cost } ... on Book { pages } ... on Film { title } } }'],
    ['a union with conflicting names', '{ things { ... on Product { x: name } ... on Book { x: title } } }'],
    ['a node', '{ node(id: "1") { id ... on Product { name reviews { text } } } }'],
    ['a list of lists', '{ matrix { name cost } }'],
    ['the same entity twice', '{ pair { name cost reviews { text product { cost } } } }'],
    ['entities below entities', '{ products { related { reviews { product { cost } author { name } } } } }'],
    [
      'named fragments',
      'query { products { ...A ...B } } fragment A on Product { name ...B } fragment B on Product { cost name reviews { text } }',
    ],
    [
      'skipped and included fields',
      'query ($yes: Boolean!, $no: Boolean = false) { products { name @skip(if: $yes) cost @include(if: $no) reviews @include(if: $yes) { text } } }',
      { yes: true },
    ],
    [
      'whole fetches left out',
      'query ($yes: Boolean!) { products { name ... @skip(if: $yes) { cost reviews { text } } } }',
      { yes: true },
    ],
    ['type names', '{ __typename t: __typename products { __typename t: __typename maker { __typename } } }'],
    [
      'introspection',
      '{ __schema { queryType { name fields { name type { kind ofType { name } } } } } __type(name: "Product") { name fields { name } } }',
    ],
    [
      'introspection beside data',
      'query ($name: String!) { a: __type(name: $name) { name } products { name } ...F } fragment F on Query { b: __type(name: "Maker") { kind } }',
      { name: 'Product' },
    ],
    ['shareable fields', '{ products { maker { name rating } } }'],
    [
      'mutations one after the other',
      'mutation { a: rename(id: "1", name: "New") { name cost } ship(sku: "b") { label name } b: rename(id: "2", name: "Old") { name } }',
    ],
    ['null in a nullable entity', '{ topReviews { author { id name } } }'],
  ]
  test.each(cases)('%s', async (_construct, query, variables) => {
    const [ours, theirs] = await Promise.all([graph.ask(query, variables), askReference(query, variables)])
    expect(ours.errors).toBeUndefined()
    expect(theirs.errors).toBeUndefined()
    expect(ours.data).toEqual(theirs.data)
    expect(JSON.stringify(ours.data)).toBe(JSON.stringify(theirs.data))
  })
})

test('sends each representation once, however often it is in the answer', async () => {
  graph.subgraphs.shipping?.requests.splice(0)
  await graph.ask('{ pair { cost } matrix { cost } products { related { cost } } }')
  const sent = graph.subgraphs.shipping?.requests.map(({ variables }) => variables.representations as unknown[]) ?? []
  expect(sent.length).toBeGreaterThan(0)
  for (const representations of sent)
    expect(new Set(representations.map((r) => JSON.stringify(r))).size).toBe(representations.length)
})

test('sends only the variables that a fetch uses', async () => {
  graph.subgraphs.shipping?.requests.splice(0)
  await graph.ask('query ($id: ID!, $p: String) { product(id: $id) { label(prefix: $p) } }', {
    id: '1',
    p: 'up',
    other: 1,
  })
  const [request] = graph.subgraphs.shipping?.requests ?? []
  expect(Object.keys(request?.variables ?? {}).sort()).toEqual(['p', 'representations'])
})

describe('is right where the reference is wrong', () => {
  test('an alias may be called like a key', async () => {
    const { data, errors } = await graph.ask('{ products { sku: name id: size cost } }')
    expect(errors).toBeUndefined()
    expect(data.products[1]).toEqual({ sku: 'Table', id: 'LARGE', cost: 120 })
  })

  test('a required field may be asked for with other arguments', async () => {
    const { data, errors } = await graph.ask('{ products { weight(unit: "g") cost } }')
    expect(errors).toBeUndefined()
    expect(data.products[0]).toEqual({ weight: 10000, cost: 20 })
  })

  test('a variable may be called representations', async () => {
    const query = 'query ($representations: String) { products { label(prefix: $representations) } }'
    const { data, errors } = await graph.ask(query, { representations: 'x' })
    expect(errors).toBeUndefined()
    expect(data.products[0]).toEqual({ label: 'x a' })
  })

  test('an alias may be called like what every object inherits', async () => {
    const query =
      '{ __proto__: products { constructor: name toString: cost __proto__: sku hasOwnProperty: reviews { valueOf: text } } }'
    const text = await (
      await fetch(`${graph.gateway.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ query }),
      })
    ).text()
    expect(JSON.parse(text).errors).toBeUndefined()
    expect(text).toContain(
      '{"data":{"__proto__":[{"constructor":"Chair","toString":20,"__proto__":"a","hasOwnProperty":[{"valueOf":"about 1"}',
    )
    expect(({} as Record<string, unknown>).polluted).toBeUndefined()
  })
})
