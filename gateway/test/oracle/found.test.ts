// Long because each test is a whole graph: what random universes found, as small as it gets.
import { expect, test } from 'vitest'
import { askEngine, type Fixture } from './fixture.ts'

const reference = { __resolveReference: (ref: object) => ref }

/** Two subgraphs whose mutations write into one log. */
function logging() {
  const log: string[] = []
  const done = (name: string) => () => {
    log.push(name)
    return { id: name }
  }
  const fixtures: Record<string, Fixture> = {
    a: {
      typeDefs: 'type Query { x: Int } type Mutation { one: E two: E three: E } type E @key(fields: "id") { id: ID! }',
      resolvers: { Mutation: { one: done('one'), two: done('two'), three: done('three') }, E: reference },
    },
    b: {
      typeDefs: 'type Mutation { other: E } type E @key(fields: "id") { id: ID! p: Int }',
      resolvers: { Mutation: { other: done('other') }, E: { ...reference, p: () => 1 } },
    },
  }
  return { log, fixtures }
}

test.each([
  ['a named fragment', 'mutation { one { p } ...F } fragment F on Mutation { two { id } }'],
  ['a fragment before', 'mutation { ...F two { id } } fragment F on Mutation { one { p } }'],
  ['conditions', 'mutation ($yes: Boolean!) { one @include(if: $yes) { id } ... @include(if: $yes) { two { id } } }'],
])('mutations run in the order of the client: %s', async (_what, text) => {
  const { log, fixtures } = logging()
  const { errors } = await askEngine(fixtures, text, { yes: true })
  expect(errors).toEqual([])
  expect(log).toEqual(['one', 'two'])
})

test('mutations with the same condition around another one run in the order of the client', async () => {
  const { log, fixtures } = logging()
  const text = 'mutation ($yes: Boolean!) { one @include(if: $yes) { id } three { id } two @include(if: $yes) { id } }'
  await askEngine(fixtures, text, { yes: true })
  expect(log).toEqual(['one', 'three', 'two'])
})

test.each([
  [true, false, ['one', 'two'], { one: { id: 'one' }, two: { id: 'two' } }],
  [true, true, ['one', 'two'], { one: { id: 'one', p: 1 }, two: { id: 'two' } }],
  [false, true, ['two', 'one'], { two: { id: 'two' }, one: { p: 1 } }],
  [false, false, ['two'], { two: { id: 'two' } }],
])('a mutation that is selected twice runs once: first %s, second %s', async (a, b, wanted, data) => {
  const { log, fixtures } = logging()
  const text =
    'mutation ($a: Boolean!, $b: Boolean!) { one @include(if: $a) { id } two { id } ... @include(if: $b) { one { p } } }'
  const answer = await askEngine(fixtures, text, { a, b })
  expect(log).toEqual(wanted)
  expect(JSON.stringify(answer.data)).toBe(JSON.stringify(data))
})

test('what a field requires is sent with a key that the subgraph can resolve, whichever is listed first', async () => {
  const { data, errors } = await askEngine(
    {
      a: {
        typeDefs: 'type E @key(fields: "id") { id: ID! price: Int }',
        resolvers: { E: { ...reference, price: () => 2 } },
      },
      b: {
        typeDefs:
          'type Query { e: E } type E @key(fields: "code", resolvable: false) @key(fields: "id") { id: ID! code: String twice: Int @requires(fields: "price") price: Int @external }',
        resolvers: {
          Query: { e: () => ({ id: '1', code: 'c' }) },
          E: {
            __resolveReference: (ref: { id?: string }) => (ref.id === undefined ? null : ref),
            twice: ({ price }: { price: number }) => price * 2,
          },
        },
      },
    },
    '{ e { twice } }',
  )
  expect({ data, errors }).toEqual({ data: { e: { twice: 4 } }, errors: [] })
})

test.each([
  ['never', '{ e { ... @include(if: false) { id } } }'],
  [
    'not now',
    'query ($no: Boolean = false) { e { id @include(if: $no) ...F @include(if: $no) } } fragment F on E { p }',
  ],
  ['of no type', '{ e { ... on E @skip(if: true) { p } } }'],
  ['for another type', '{ e { ... on Any { ... on Other { x } } } }'],
  [
    'now, and for another type',
    'query ($no: Boolean = true) { e { ... on Any { ... on Other { x @skip(if: $no) } } } }',
  ],
])('an object is there although everything in it is left out: %s', async (_when, text) => {
  const { data, errors } = await askEngine(
    {
      a: {
        typeDefs:
          'type Query { e: E } type E @key(fields: "id") { id: ID! } union Any = E | Other type Other { x: Int }',
        resolvers: { Query: { e: () => ({ id: '1' }) }, E: reference },
      },
      b: { typeDefs: 'type E @key(fields: "id") { id: ID! p: Int }', resolvers: { E: { ...reference, p: () => 1 } } },
    },
    text,
  )
  expect({ data, errors }).toEqual({ data: { e: {} }, errors: [] })
})

test('a shared field that fails in two subgraphs is told once', async () => {
  const broken = () => {
    throw new Error('broken')
  }
  const { data, errors } = await askEngine(
    {
      a: {
        typeDefs: 'type E @key(fields: "id") { id: ID! f: F @shareable } type F @key(fields: "id") { id: ID! a: Int }',
        resolvers: { E: { ...reference, f: broken }, F: { ...reference, a: () => 1 } },
      },
      b: {
        typeDefs: 'type E @key(fields: "id") { id: ID! f: F @shareable } type F @key(fields: "id") { id: ID! b: Int }',
        resolvers: { E: { ...reference, f: broken }, F: { ...reference, b: () => 1 } },
      },
      c: {
        typeDefs: 'type Query { e: E } type E @key(fields: "id") { id: ID! }',
        resolvers: { Query: { e: () => ({ id: '1' }) }, E: reference },
      },
    },
    '{ e { f { a b } } }',
  )
  expect(data).toEqual({ e: { f: null } })
  expect(errors.map(({ path }) => path)).toEqual([['e', 'f']])
})

test('an interface object whose type cannot be found is null when its type decides what is asked', async () => {
  const fixtures: Record<string, Fixture> = {
    a: {
      typeDefs: 'type Query { node: Node } type Node @key(fields: "id") @interfaceObject { id: ID! stars: Int }',
      resolvers: { Query: { node: () => ({ id: '1' }) }, Node: { ...reference, stars: () => 3 } },
    },
    b: {
      typeDefs:
        'interface Node @key(fields: "id") { id: ID! } type Book implements Node @key(fields: "id") { id: ID! pages: Int! }',
      resolvers: {
        Node: {
          __resolveType: () => 'Book',
          __resolveReference: ({ id }: { id: string }) => ({ id, __typename: 'Book' }),
        },
        Book: {
          ...reference,
          pages: () => {
            throw new Error('no pages')
          },
        },
      },
    },
  }
  const { data, errors } = await askEngine(fixtures, '{ node { ... on Book { pages } } }')
  expect(data).toEqual({ node: null })
  expect(errors.map(({ path }) => path)).toEqual([['node', 'pages']])
  expect(await askEngine(fixtures, '{ node { stars } }')).toMatchObject({ data: { node: { stars: 3 } }, errors: [] })
})

test('a field may require one that requires another', async () => {
  const { data, errors } = await askEngine(
    {
      a: {
        typeDefs: 'type E @key(fields: "id") { id: ID! one: Int }',
        resolvers: { E: { ...reference, one: () => 1 } },
      },
      b: {
        typeDefs:
          'type Query { e: E } type E @key(fields: "id") { id: ID! two: Int @requires(fields: "one") one: Int @external }',
        resolvers: {
          Query: { e: () => ({ id: '1' }) },
          E: { ...reference, two: ({ one }: { one?: number }) => (one === undefined ? null : one * 2) },
        },
      },
      c: {
        typeDefs: 'type E @key(fields: "id") { id: ID! three: Int @requires(fields: "two") two: Int @external }',
        resolvers: { E: { ...reference, three: ({ two }: { two: number | null }) => (two === null ? null : two + 1) } },
      },
    },
    '{ e { three } }',
  )
  expect({ data, errors }).toEqual({ data: { e: { three: 3 } }, errors: [] })
})

test('a required field may be found on the way back over other keys', async () => {
  const { data, errors } = await askEngine(
    {
      a: {
        typeDefs:
          'type E @key(fields: "key2") { key2: ID! price: Int @requires(fields: "stock") stock: Int @external }',
        resolvers: { E: { ...reference, price: ({ stock }: { stock: number }) => stock * 2 } },
      },
      b: {
        typeDefs: 'type Query { e: E } type E @key(fields: "id", resolvable: false) { id: ID! }',
        resolvers: { Query: { e: () => ({ id: '1' }) } },
      },
      c: {
        typeDefs: 'type E @key(fields: "key1") @key(fields: "key2") { key1: ID! key2: ID! }',
        resolvers: { E: { __resolveReference: () => ({ key1: 'one', key2: 'two' }) } },
      },
      d: {
        typeDefs: 'type E @key(fields: "id") @key(fields: "key1") { id: ID! key1: ID! stock: Int }',
        resolvers: { E: { __resolveReference: () => ({ id: '1', key1: 'one', stock: 4 }) } },
      },
    },
    '{ e { price } }',
  )
  expect({ data, errors }).toEqual({ data: { e: { price: 8 } }, errors: [] })
})

test('a required field that the client skips is still required', async () => {
  const { data, errors } = await askEngine(
    {
      a: {
        typeDefs:
          'type E @key(fields: "key2") { key2: ID! price: Int @requires(fields: "stock") stock: Int @external }',
        resolvers: { E: { ...reference, price: ({ stock }: { stock: number }) => stock * 2 } },
      },
      b: {
        typeDefs: 'type Query { e: E } type E @key(fields: "id", resolvable: false) { id: ID! }',
        resolvers: { Query: { e: () => ({ id: '1' }) } },
      },
      c: {
        typeDefs: 'type E @key(fields: "key1") @key(fields: "key2") { key1: ID! key2: ID! stock: Int }',
        resolvers: { E: { __resolveReference: () => ({ key1: 'one', key2: 'two', stock: 4 }) } },
      },
      d: {
        typeDefs: 'type E @key(fields: "id") @key(fields: "key1") { id: ID! key1: ID! }',
        resolvers: { E: { __resolveReference: () => ({ id: '1', key1: 'one' }) } },
      },
    },
    'query ($no: Boolean!) { e { stock @skip(if: $no) price } }',
    { no: true },
  )
  expect({ data, errors }).toEqual({ data: { e: { price: 8 } }, errors: [] })
})

test('a key that a subgraph only knows as external is never asked of it', async () => {
  const { data, errors } = await askEngine(
    {
      a: {
        typeDefs:
          'type Query { e: E } type E @key(fields: "id") { id: ID! one: Int @requires(fields: "stock { tags }") stock: E @external tags: String @external }',
        resolvers: {
          Query: { e: () => ({ id: '1' }) },
          E: {
            ...reference,
            tags: () => {
              throw new Error('tags are external')
            },
          },
        },
      },
      b: {
        typeDefs:
          'type E @key(fields: "tags") @key(fields: "id") { id: ID! tags: String two: String @requires(fields: "stock { tags }") stock: E @external }',
        resolvers: {
          E: {
            ...reference,
            tags: ({ id }: { id: string }) => `tags of ${id}`,
            two: ({ stock }: { stock: { tags: string } }) => `two: ${stock.tags}`,
          },
        },
      },
      c: {
        typeDefs: 'type E @key(fields: "id") { id: ID! stock: E }',
        resolvers: { E: { ...reference, stock: () => ({ id: '2' }) } },
      },
    },
    '{ e { two } }',
  )
  expect({ data, errors }).toEqual({ data: { e: { two: 'two: tags of 2' } }, errors: [] })
})

test.each([
  ['', '{ owner { ... on Node { ... on Owner { ... on E { id } } } __typename } }', {}],
  [
    ', with a variable',
    'query ($yes: Boolean!) { owner { ... on Any { ... on Other { x @include(if: $yes) } } ... on E { stars } } }',
    { yes: true },
  ],
  [
    ', in a named fragment',
    'query ($yes: Boolean!) { owner { ...F ... on E { id } } any { ...F } } fragment F on Any { ... on Other { x @include(if: $yes) } }',
    { yes: true },
  ],
])('fragments that no object can meet change nothing%s', async (_where, text, variables) => {
  const typeDefs = `
    type Query { owner: Owner any: Any }
    interface Node { id: ID! }
    type V implements Node { id: ID! }
    type E @key(fields: "id") { id: ID! }
    type Other { x: Int }
    union Owner = E | V
    union Any = E | Other
  `
  const types = { __resolveType: ({ kind }: { kind: string }) => kind }
  const { data, errors } = await askEngine(
    {
      a: {
        typeDefs,
        resolvers: {
          Query: { owner: () => ({ kind: 'E', id: '1' }), any: () => ({ kind: 'Other', x: 5 }) },
          Owner: types,
          Any: types,
          Node: types,
          E: reference,
        },
      },
      b: {
        typeDefs: 'type E @key(fields: "id") { id: ID! stars: Int }',
        resolvers: { E: { ...reference, stars: () => 3 } },
      },
    },
    text,
    variables,
  )
  const owner = text.includes('stars') ? { stars: 3 } : text.includes('...F') ? { id: '1' } : { __typename: 'E' }
  expect({ data, errors }).toEqual({ data: text.includes('...F') ? { owner, any: { x: 5 } } : { owner }, errors: [] })
})

test('one name with different arguments for different types brings each type its own value', async () => {
  const typeDefs = 'interface Node @key(fields: "id") { id: ID! }'
  const { data, errors } = await askEngine(
    {
      a: {
        typeDefs: `${typeDefs} type E implements Node @key(fields: "id") { id: ID! } type F implements Node @key(fields: "id") { id: ID! }`,
        resolvers: {
          Node: { __resolveType: () => 'E', __resolveReference: ({ id }: { id: string }) => ({ id, __typename: 'E' }) },
          E: reference,
          F: reference,
        },
      },
      b: {
        typeDefs:
          'type Query { node: Node } type Node @key(fields: "id") @interfaceObject { id: ID! stars(of: Int): Int }',
        resolvers: {
          Query: { node: () => ({ id: '1' }) },
          Node: { ...reference, stars: (_: object, { of }: { of?: number }) => of ?? 0 },
        },
      },
    },
    '{ node { ... on E { stars } ... on F { stars(of: 5) } } }',
  )
  expect({ data, errors }).toEqual({ data: { node: { stars: 0 } }, errors: [] })
})

test('what a chain requires of another entity is asked of the subgraph that has it', async () => {
  const { data, errors } = await askEngine(
    {
      a: {
        typeDefs:
          'type Query { e: E } type E @key(fields: "id") { id: ID! two: Int @requires(fields: "part { size id }") part: Part @external } type Part @key(fields: "id") { id: ID! size: Int }',
        resolvers: {
          Query: { e: () => ({ id: '1' }) },
          E: { ...reference, two: ({ part }: { part: { size: number } }) => part.size * 2 },
          Part: { ...reference, size: () => 3 },
        },
      },
      b: {
        typeDefs:
          'type E @key(fields: "id") { id: ID! part: Part three: Int @requires(fields: "two") two: Int @external } type Part @key(fields: "id", resolvable: false) { id: ID! }',
        resolvers: {
          E: { ...reference, part: () => ({ id: '7' }), three: ({ two }: { two: number }) => two + 1 },
        },
      },
    },
    '{ e { three } }',
  )
  expect({ data, errors }).toEqual({ data: { e: { three: 7 } }, errors: [] })
})

test('a chain never asks a subgraph for what it only mentions', async () => {
  const external = () => {
    throw new Error('size is external')
  }
  const { data, errors } = await askEngine(
    {
      a: {
        typeDefs:
          'type Query { e: E } type Part @key(fields: "id") { id: ID! size: Int } type E @key(fields: "id") { id: ID! next: E box: Part @requires(fields: "part { size }") part: Part @external }',
        resolvers: {
          Query: { e: () => ({ id: '1' }) },
          Part: { ...reference, size: ({ id }: { id: string }) => Number(id) },
          E: {
            ...reference,
            next: () => ({ id: '2' }),
            box: ({ part }: { part: { size: number } }) => ({ id: String(part.size * 2) }),
          },
        },
      },
      b: {
        typeDefs:
          'type Part @key(fields: "id", resolvable: false) { id: ID! size: Int @external } type E @key(fields: "id") { id: ID! part: Part weight: Int @requires(fields: "box { size }") box: Part @external }',
        resolvers: {
          Part: { size: external },
          E: {
            ...reference,
            part: () => ({ id: '4' }),
            weight: ({ box }: { box: { size: number } }) => box.size + 1,
          },
        },
      },
    },
    '{ e { next { weight } } }',
  )
  expect({ data, errors }).toEqual({ data: { e: { next: { weight: 9 } } }, errors: [] })
})

test('an operation is planned although the planner cannot put one of the plans in order that it weighs', async () => {
  const value = 'type V @key(fields: "id", resolvable: false) { id: ID! @shareable'
  const home = 'type Home @key(fields: "id") { id: ID! @shareable best: E @shareable }'
  const { data, errors } = await askEngine(
    {
      a: {
        typeDefs: `type E @key(fields: "id") { id: ID! label: V @requires(fields: "price { id }") price: E @external stock: Int } ${value} parts: Int size: Int }`,
        resolvers: {
          E: {
            ...reference,
            stock: () => 5,
            label: ({ price }: { price: { id: string } }) => ({ id: price.id, parts: 6, size: 7 }),
          },
        },
      },
      b: {
        typeDefs: `type Query { home: Home } ${home.replace(')', ', resolvable: false)')} type E @key(fields: "id", resolvable: false) { id: ID! }`,
        resolvers: { Query: { home: () => ({ id: '1', best: { id: '2' } }) } },
      },
      c: {
        typeDefs: `type E @key(fields: "id") { id: ID! price: E @shareable } type V @key(fields: "id") { id: ID! name: Int } ${home}`,
        resolvers: {
          E: { ...reference, price: () => ({ id: '3' }) },
          V: { ...reference, name: () => 8 },
          Home: { ...reference, best: () => ({ id: '2' }) },
        },
      },
      d: {
        typeDefs: 'type E @key(fields: "id") { id: ID! price: E @shareable }',
        resolvers: { E: { ...reference, price: () => ({ id: '3' }) } },
      },
    },
    '{ home { best { price { stock id label { size x: size parts name id y: parts } } } } }',
  )
  const label = { size: 7, x: 7, parts: 6, name: 8, id: '3', y: 6 }
  expect({ data, errors }).toEqual({ data: { home: { best: { price: { stock: 5, id: '3', label } } } }, errors: [] })
})

test('what requires a field of an object that its subgraph cannot find again is refused', async () => {
  const fixtures: Record<string, Fixture> = {
    a: {
      typeDefs:
        'type Query { e: E } type E @key(fields: "id", resolvable: false) { id: ID! twice: Int @requires(fields: "price") price: Int @external }',
      resolvers: { Query: { e: () => ({ id: '1' }) } },
    },
    b: { typeDefs: 'type E @key(fields: "id") { id: ID! price: Int }', resolvers: { E: reference } },
  }
  await expect(askEngine(fixtures, '{ e { twice } }')).rejects.toMatchObject({
    extensions: { code: 'OPERATION_NOT_PLANNED' },
  })
  expect(await askEngine(fixtures, '{ e { id } }')).toMatchObject({ data: { e: { id: '1' } }, errors: [] })
})
