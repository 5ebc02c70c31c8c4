// Long because every way to require a field with arguments is asked of one graph.
import { parse } from 'graphql'
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { prepareRequires } from '../src/supergraph/requires.ts'
import { compose, type SubgraphSource, startGraph, type TestGraph } from './graph.ts'

const reference = { __resolveReference: (ref: object) => ref }
const rates: Record<string, number> = { EUR: 100, USD: 110, GBP: 90 }

interface Told {
  id: string
  price: number
  [field: string]: unknown
}

const sources: Record<string, SubgraphSource> = {
  shop: {
    typeDefs: `
      type Query { product(id: ID = "1"): Product products: [Product!]! medias: [Media!]! }
      enum Currency { EUR USD GBP }
      input Filter { name: String size: Int }
      interface Cover { area(unit: String): Int }
      type Hard implements Cover { area(unit: String): Int @shareable }
      type Soft implements Cover { area(unit: String): Int @shareable }
      type Size { weight(unit: String = "kg"): Int }
      type Line { amount(in: Currency): Int }
      type Money { amount(scale: Int): Int }
      interface Media @key(fields: "id") { id: ID! cost(currency: Currency): Int }
      type Book implements Media @key(fields: "id") { id: ID! cost(currency: Currency): Int }
      type Film implements Media @key(fields: "id") { id: ID! cost(currency: Currency): Int }
      type Product @key(fields: "id") {
        id: ID!
        price(currency: Currency = EUR): Int
        money(currency: Currency!): Money
        size: Size
        lines: [Line!]!
        cover: Cover
        label(filter: Filter, words: [String!], note: String): String
        broken(how: String): Int
      }
    `,
    resolvers: {
      Query: {
        product: (_: unknown, { id }: { id: string }) => ({ id }),
        products: () => [{ id: '1' }, { id: '2' }],
        medias: () => [
          { id: '1', kind: 'Book' },
          { id: '2', kind: 'Film' },
        ],
      },
      Cover: { __resolveType: (cover: { kind: string }) => cover.kind },
      Hard: { area: (_: unknown, { unit }: { unit: string }) => (unit === 'mm' ? 1000 : 10) },
      Soft: { area: (_: unknown, { unit }: { unit: string }) => (unit === 'mm' ? 2000 : 20) },
      Size: { weight: (_: unknown, { unit }: { unit: string }) => (unit === 'g' ? 3000 : 3) },
      Line: { amount: (line: number, args: { in: string }) => (line * (rates[args.in] ?? 0)) / 10 },
      Money: { amount: (money: number, { scale }: { scale: number }) => money * scale },
      Media: {
        __resolveType: (media: { kind: string }) => media.kind,
        __resolveReference: ({ id }: { id: string }) => ({ id, kind: id === '1' ? 'Book' : 'Film' }),
      },
      Book: { cost: costOf },
      Film: { cost: costOf },
      Product: {
        ...reference,
        price: costOf,
        money: (_: unknown, { currency }: { currency: string }) => rates[currency],
        size: () => ({}),
        lines: () => [1, 2],
        cover: ({ id }: { id: string }) => ({ kind: id === '1' ? 'Hard' : 'Soft' }),
        label: (_: unknown, args: object) => JSON.stringify(args),
        broken: () => {
          throw new Error('Broken.')
        },
      },
    },
  },
  tax: {
    typeDefs: `
      enum Currency { EUR USD GBP }
      input Filter { name: String size: Int }
      interface Priced { price(currency: Currency = EUR): Int }
      interface Cover { area(unit: String): Int }
      type Hard implements Cover { area(unit: String): Int @shareable }
      type Soft implements Cover { area(unit: String): Int @shareable }
      type Size { weight(unit: String = "kg"): Int @external }
      type Line { amount(in: Currency): Int @external }
      type Money { amount(scale: Int): Int @external }
      type Media @key(fields: "id") @interfaceObject {
        id: ID!
        cost(currency: Currency): Int @external
        euros: Int @requires(fields: "cost(currency: EUR)")
        dollars: Int @requires(fields: "cost(currency: USD)")
      }
      type Product implements Priced @key(fields: "id") {
        id: ID!
        price(currency: Currency = EUR): Int @external
        money(currency: Currency!): Money @external
        size: Size @external
        lines: [Line!]! @external
        cover: Cover @external
        label(filter: Filter, words: [String!], note: String): String @external
        broken(how: String): Int @external
        plain: String
        euros: Int @requires(fields: "price(currency: EUR)")
        dollars: Int @requires(fields: "price(currency: USD)")
        pounds: Int @requires(fields: "price(currency: GBP)")
        standard: Int @requires(fields: "price")
        discount(percent: Int!): Int @requires(fields: "price(currency: USD)")
        grams: Int @requires(fields: "size { weight(unit: \\"g\\") }")
        kilos: Int @requires(fields: "size { weight(unit: \\"kg\\") }")
        euroLines: Int @requires(fields: "lines { amount(in: EUR) }")
        dollarLines: Int @requires(fields: "lines { amount(in: USD) }")
        euroCents: Int @requires(fields: "money(currency: EUR) { amount(scale: 100) }")
        dollarTens: Int @requires(fields: "money(currency: USD) { amount(scale: 10) }")
        wide: Int @requires(fields: "cover { area(unit: \\"cm\\") }")
        fine: Int @requires(fields: "cover { ... on Hard { area(unit: \\"mm\\") } ... on Soft { area(unit: \\"cm\\") } }")
        byFilter: String @requires(fields: "label(filter: { name: \\"x\\", size: 2 })")
        byFilterToo: String @requires(fields: "label(filter: { size: 2, name: \\"x\\" })")
        byWords: String @requires(fields: "label(words: [\\"a\\", \\"b\\"])")
        byNothing: String @requires(fields: "label(note: null)")
        lost: Int @requires(fields: "broken(how: \\"badly\\")")
      }
    `,
    resolvers: {
      Media: {
        ...reference,
        euros: ({ cost }: { cost: number }) => cost,
        dollars: ({ cost }: { cost: number }) => cost,
      },
      Product: {
        ...reference,
        plain: ({ id }: Told) => `plain ${id}`,
        euros: ({ price }: Told) => price,
        dollars: ({ price }: Told) => price,
        pounds: ({ price }: Told) => price,
        standard: ({ price }: Told) => price,
        discount: ({ price }: Told, { percent }: { percent: number }) => (price * percent) / 100,
        grams: ({ size }: { size: { weight: number } }) => size.weight,
        kilos: ({ size }: { size: { weight: number } }) => size.weight,
        euroLines: sumOfLines,
        dollarLines: sumOfLines,
        euroCents: ({ money }: { money: { amount: number } }) => money.amount,
        dollarTens: ({ money }: { money: { amount: number } }) => money.amount,
        wide: ({ cover }: { cover: { area: number } }) => cover.area,
        fine: ({ cover }: { cover: { area: number } }) => cover.area,
        byFilter: ({ label }: Told) => label,
        byFilterToo: ({ label }: Told) => label,
        byWords: ({ label }: Told) => label,
        byNothing: ({ label }: Told) => label,
        lost: ({ broken }: Told) => broken,
      },
    },
  },
  freight: {
    typeDefs: `
      enum Currency { EUR USD GBP }
      type Product @key(fields: "id") {
        id: ID!
        price(currency: Currency = EUR): Int @external
        discount(percent: Int!): Int @external
        abroad: Int @requires(fields: "price(currency: USD)")
        home: Int @requires(fields: "price(currency: EUR)")
        few: Int @requires(fields: "discount(percent: 10)")
        many: Int @requires(fields: "discount(percent: 50) price(currency: EUR)")
      }
    `,
    resolvers: {
      Product: {
        ...reference,
        abroad: ({ price }: Told) => price,
        home: ({ price }: Told) => price,
        few: ({ discount }: Told) => discount,
        many: ({ discount, price }: { discount: number; price: number }) => discount + price,
      },
    },
  },
}

function costOf({ id }: { id: string }, { currency }: { currency: string }) {
  return (rates[currency] ?? 0) * Number(id)
}

function sumOfLines({ lines }: { lines: { amount: number }[] }) {
  return lines.reduce((sum, { amount }) => sum + amount, 0)
}

let graph: TestGraph
beforeAll(async () => {
  graph = await startGraph(sources)
})
afterAll(() => graph.stop())
beforeEach(() => {
  for (const { requests } of Object.values(graph.subgraphs)) requests.length = 0
})

async function productWith(selection: string, variables?: Record<string, unknown>) {
  const used = [
    ['$yes', 'Boolean = false'],
    ['$currency', 'Currency'],
  ].filter(([name = '']) => selection.includes(name))
  const head = used.length === 0 ? '' : `query (${used.map(([name, type]) => `${name}: ${type}`)}) `
  const { data, errors } = await graph.ask(`${head}{ product { ${selection} } }`, variables)
  expect(errors).toBeUndefined()
  return data.product
}

describe('a field may be required with arguments', () => {
  const cases: [what: string, selection: string, product: object, variables?: Record<string, unknown>][] = [
    ['by two fields of a subgraph', 'euros dollars', { euros: 100, dollars: 110 }],
    ['by fields of two subgraphs', 'euros abroad', { euros: 100, abroad: 110 }],
    ['by three fields', 'pounds euros dollars', { pounds: 90, euros: 100, dollars: 110 }],
    [
      'by two fields of each of two subgraphs',
      'home dollars abroad euros',
      { home: 100, dollars: 110, abroad: 110, euros: 100 },
    ],
    ['inside an object', 'grams kilos', { grams: 3000, kilos: 3 }],
    ['inside a list', 'euroLines dollarLines', { euroLines: 30, dollarLines: 33 }],
    ['as an object whose field has arguments too', 'euroCents dollarTens', { euroCents: 10000, dollarTens: 1100 }],
    ['by a field that is required itself', 'few many home', { few: 11, many: 155, home: 100 }],
    ['by a field that is required itself, beside another', 'euros few', { euros: 100, few: 11 }],
    ['for an interface', 'wide fine', { wide: 10, fine: 1000 }],
    [
      'as input objects, lists and null',
      'byFilter byFilterToo byWords byNothing',
      {
        byFilter: '{"filter":{"name":"x","size":2}}',
        byFilterToo: '{"filter":{"name":"x","size":2}}',
        byWords: '{"words":["a","b"]}',
        byNothing: '{"note":null}',
      },
    ],
    ['and without, by another field', 'standard dollars', { standard: 100, dollars: 110 }],
    ['while the client asks for it with others', 'price(currency: USD) euros', { price: 110, euros: 100 }],
    ['while the client asks for it without', 'price dollars', { price: 100, dollars: 110 }],
    [
      'while the client asks for it with a variable',
      'price(currency: $currency) euros dollars',
      { price: 110, euros: 100, dollars: 110 },
      { currency: 'USD' },
    ],
    [
      'while the client gives its name to another field',
      'price: plain money: euros id: dollars',
      { price: 'plain 1', money: 100, id: 110 },
    ],
    [
      'while the client asks for it under the name of a field that requires it',
      'euros: price(currency: USD) own: euros dollars',
      { euros: 110, own: 100, dollars: 110 },
    ],
    [
      'beside a field that has arguments',
      'a: discount(percent: 10) b: discount(percent: 20) euros few',
      { a: 11, b: 22, euros: 100, few: 11 },
    ],
    ['by a field that is skipped', 'euros dollars @skip(if: true)', { euros: 100 }],
    [
      'by a field that a variable leaves out',
      'euros @include(if: $yes) dollars plain',
      { dollars: 110, plain: 'plain 1' },
    ],
    [
      'by a field that a variable lets in',
      'euros @include(if: $yes) dollars plain',
      { euros: 100, dollars: 110, plain: 'plain 1' },
      { yes: true },
    ],
    [
      'by fields in a fragment that is left out',
      'plain ... @include(if: $yes) { grams euros } ... on Product @skip(if: $yes) { kilos }',
      { plain: 'plain 1', kilos: 3 },
    ],
    [
      'by fields in a fragment that is let in',
      'plain ... @include(if: $yes) { grams euros } ... on Product @skip(if: $yes) { kilos }',
      { plain: 'plain 1', grams: 3000, euros: 100 },
      { yes: true },
    ],
  ]
  test.each(cases)('%s', async (_, selection, product, variables) => {
    expect(await productWith(selection, variables)).toEqual(product)
  })

  test('for each object of a list', async () => {
    const { data, errors } = await graph.ask('{ products { euros dollars wide } }')
    expect({ data, errors }).toEqual({
      data: {
        products: [
          { euros: 100, dollars: 110, wide: 10 },
          { euros: 200, dollars: 220, wide: 20 },
        ],
      },
    })
  })

  test('of an interface that a subgraph knows as an object', async () => {
    const { data, errors } = await graph.ask('{ medias { __typename euros dollars } }')
    expect({ data, errors }).toEqual({
      data: {
        medias: [
          { __typename: 'Book', euros: 100, dollars: 110 },
          { __typename: 'Film', euros: 200, dollars: 220 },
        ],
      },
    })
  })

  test('in named fragments', async () => {
    const query =
      'query ($yes: Boolean!) { products { ...A } product { ...A } } fragment A on Product { euros ...B } fragment B on Product { dollars @include(if: $yes) plain grams kilos }'
    const { data, errors } = await graph.ask(query, { yes: false })
    const first = { euros: 100, plain: 'plain 1', grams: 3000, kilos: 3 }
    expect({ data, errors }).toEqual({
      data: { products: [first, { ...first, euros: 200, plain: 'plain 2' }], product: first },
    })
  })
})

test('needs that differ are told in one request', async () => {
  await productWith('euros dollars plain')
  expect(graph.subgraphs.tax?.requests).toHaveLength(1)
  expect(graph.subgraphs.shop?.requests).toHaveLength(1)
})

test('arguments of the same meaning are asked for once', async () => {
  await productWith('byFilter byFilterToo standard euros')
  const [request] = graph.subgraphs.shop?.requests ?? []
  expect(request?.query.match(/label/g)).toHaveLength(2)
  expect(request?.query.match(/price/g)).toHaveLength(2)
  expect(graph.subgraphs.tax?.requests[0]?.query.match(/_entities/g)).toHaveLength(1)
})

test('a subgraph is told a required field under its own name, and nothing that others need', async () => {
  await productWith('euros dollars plain')
  const told = Object.values(graph.subgraphs.tax?.requests[0]?.variables ?? {}).flat()
  expect(told).toEqual([
    { __typename: 'Product', id: '1', price: 100 },
    { __typename: 'Product', id: '1', price: 110 },
  ])
})

test('an error of a required field is told with the name that the field has', async () => {
  const { data, errors } = await graph.ask('{ product { plain lost } }')
  expect(data).toEqual({ product: { plain: 'plain 1', lost: null } })
  expect(errors).toEqual([expect.objectContaining({ message: 'Broken.', path: ['product', 'broken'] })])
})

test('clients see no field that only the planner knows', async () => {
  const { data } = await graph.ask('{ __type(name: "Product") { fields { name } } }')
  expect(JSON.stringify(data)).not.toContain('_required')
  const { errors } = await graph.ask('{ product { _required0_price } }')
  expect(errors?.[0].message).toContain('Cannot query field "_required0_price" on type "Product".')
})

describe('a field that is left out takes no other with it', () => {
  const simple: Record<string, SubgraphSource> = {
    a: {
      typeDefs: 'type Query { item: Item } type Item @key(fields: "id") { id: ID! weight: Int size: Int }',
      resolvers: { Query: { item: () => ({ id: '1', weight: 2, size: 3 }) }, Item: reference },
    },
    b: {
      typeDefs:
        'type Item @key(fields: "id") { id: ID! weight: Int @external size: Int @external cost: Int @requires(fields: "weight") room: Int @requires(fields: "size weight") note: String }',
      resolvers: {
        Item: {
          ...reference,
          cost: ({ weight }: { weight: number }) => weight * 10,
          room: ({ weight, size }: { weight: number; size: number }) => weight * size,
          note: () => 'n',
        },
      },
    },
  }
  let small: TestGraph
  beforeAll(async () => {
    small = await startGraph(simple)
  })
  afterAll(() => small.stop())

  const query =
    'query ($cost: Boolean!, $room: Boolean!) { item { note cost @include(if: $cost) room @skip(if: $room) } }'
  test.each([
    [{ cost: false, room: true }, { note: 'n' }],
    [
      { cost: true, room: true },
      { note: 'n', cost: 20 },
    ],
    [
      { cost: false, room: false },
      { note: 'n', room: 6 },
    ],
    [
      { cost: true, room: false },
      { note: 'n', cost: 20, room: 6 },
    ],
  ])('%o', async (variables, item) => {
    const { data, errors } = await small.ask(query, variables)
    expect({ data, errors }).toEqual({ data: { item } })
    expect(small.subgraphs.b?.requests.splice(0)).toHaveLength(1)
  })

  test('also when what it requires is a key too', async () => {
    const keyed = await startGraph({
      a: {
        typeDefs: 'type Query { item: Item } type Item @key(fields: "id") @key(fields: "sku") { id: ID! sku: String! }',
        resolvers: { Query: { item: () => ({ id: '1', sku: 's' }) }, Item: reference },
      },
      b: {
        typeDefs: `
          type Item @key(fields: "sku") @key(fields: "id") {
            id: ID! sku: String! @external label: String @requires(fields: "sku") note: String
          }
        `,
        resolvers: {
          Item: {
            ...reference,
            label: (item: { sku?: string }) => `label ${item.sku}`,
            note: (item: { id: string }) => `note ${item.id}`,
          },
        },
      },
    })
    onTestFinished(() => keyed.stop())
    const query = 'query ($label: Boolean!) { item { label @include(if: $label) note } }'
    expect((await keyed.ask(query, { label: false })).data).toEqual({ item: { note: 'note 1' } })
    expect((await keyed.ask(query, { label: true })).data).toEqual({ item: { label: 'label s', note: 'note 1' } })
  })

  test('and the planner is given the supergraph as it is when no argument is passed', () => {
    expect(prepareRequires(small.supergraphSdl)?.sdl).toBe(small.supergraphSdl)
  })
})

describe('what a required field requires itself is known before it is asked for', () => {
  let chain: TestGraph
  beforeAll(async () => {
    chain = await startGraph({
      first: {
        typeDefs: `
          type Query { part: Part }
          type Part @key(fields: "id") {
            id: ID! next: Part
            length: Int @external
            width(unit: String): Int @external
            area: Int @requires(fields: "length width(unit: \\"cm\\")")
            box: Part @requires(fields: "length")
          }
        `,
        resolvers: {
          Query: { part: () => ({ id: '1' }) },
          Part: {
            ...reference,
            next: ({ id }: { id: string }) => ({ id: `${id}1` }),
            area: ({ length, width }: { length?: number; width?: number }) => length && width && length * width,
            box: ({ id, length }: { id: string; length?: number }) => {
              if (length === undefined) throw new Error('A box needs a length.')
              return { id: `box of ${id}` }
            },
          },
        },
      },
      second: {
        typeDefs: `
          type Part @key(fields: "id") {
            id: ID! length: Int area: Int @external
            volume: Int @requires(fields: "area")
            box: Part @external
            boxed: String @requires(fields: "box { id }")
          }
        `,
        resolvers: {
          Part: {
            ...reference,
            length: () => 2,
            volume: ({ area }: { area?: number }) => area && area * 10,
            boxed: ({ box }: { box?: { id: string } }) => `in ${box?.id}`,
          },
        },
      },
      third: {
        typeDefs: `
          type Part @key(fields: "id") {
            id: ID! width(unit: String): Int volume: Int @external
            weight: Int @requires(fields: "volume")
          }
        `,
        resolvers: {
          Part: {
            ...reference,
            width: (_: unknown, { unit }: { unit: string }) => (unit === 'cm' ? 3 : 30),
            weight: ({ volume }: { volume?: number }) => volume && volume + 30,
          },
        },
      },
    })
  })
  afterAll(() => chain.stop())

  test.each([
    ['{ part { area } }', { area: 6 }],
    ['{ part { volume } }', { volume: 60 }],
    ['{ part { weight } }', { weight: 90 }],
    ['{ part { weight volume area length } }', { weight: 90, volume: 60, area: 6, length: 2 }],
    ['{ part { next { weight } volume } }', { next: { weight: 90 }, volume: 60 }],
    ['{ part { boxed } }', { boxed: 'in box of 1' }],
    [
      'fragment F on Part { box { boxed __typename } } { part { box { next { next { ...F } } } } }',
      { box: { next: { next: { box: { boxed: 'in box of box of box of 111', __typename: 'Part' } } } } },
    ],
    [
      '{ part { ...F next { ...F next { ...F } } } } fragment F on Part { volume area }',
      { volume: 60, area: 6, next: { volume: 60, area: 6, next: { volume: 60, area: 6 } } },
    ],
  ])('%s', async (query, part) => {
    const { data, errors } = await chain.ask(query)
    expect({ data, errors }).toEqual({ data: { part } })
    // A subgraph is never asked for what it only mentions.
    expect(chain.subgraphs.first?.requests.map((request) => request.query).join()).not.toMatch(/length|width/)
  })
})

test('one field cannot require another twice with different arguments', () => {
  const sdl = graph.supergraphSdl.replace(
    'requires: "price(currency: EUR)"',
    'requires: "price(currency: EUR) ... on Product { price(currency: USD) }"',
  )
  expect(() => prepareRequires(sdl)).toThrow(
    /^The @requires of Product\.\w+ in subgraph "\w+" asks for "price" with different arguments at one place, of which a representation can carry only one\.$/,
  )
})

test('nothing is prepared where nothing is required', () => {
  const sdl = compose([{ name: 'a', url: 'http://a', document: parse('type Query { a: Int }') }])
  expect(prepareRequires(sdl)).toBeUndefined()
})
