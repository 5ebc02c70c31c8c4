import { GraphQLError, parse, validate } from 'graphql'
import { expect, test } from 'vitest'
import { askEngine, engineOf, type Fixture } from './oracle/fixture.ts'

const reference = { __resolveReference: (ref: object) => ref }
const never = () => {
  throw new GraphQLError('this must never be asked')
}

/** The first reason why an operation is not valid on the schema that clients see. */
async function refusal(fixtures: Record<string, Fixture>, text: string): Promise<string | undefined> {
  const { apiSchema } = await engineOf(fixtures)
  return validate(apiSchema, parse(text))[0]?.message
}

const merged: Record<string, Fixture> = {
  a: {
    typeDefs: `
      enum Kind { NEW OLD } enum Order { UP DOWN }
      input Filter { kind: Order = UP first: Int only: String }
      type Query { all(filter: Filter, secret: Int @inaccessible): [E!]! }
      type E @key(fields: "id") { id: ID! kind: Kind note: String @inaccessible }
    `,
    resolvers: {
      Query: {
        all: (_: unknown, { filter }: { filter: { kind: string; first: number } }) => [
          { id: `${filter.kind} ${filter.first}`, kind: 'OLD' },
        ],
      },
      E: reference,
    },
  },
  b: {
    typeDefs: `
      enum Kind { NEW FAR } enum Order { UP DOWN }
      input Filter { kind: Order = UP first: Int }
      type E @key(fields: "id") { id: ID! other(filter: Filter): Kind }
    `,
    resolvers: { E: { ...reference, other: () => 'FAR' } },
  },
}

test('an enum has the values of all subgraphs, and each reaches the client', async () => {
  const { data, errors } = await askEngine(
    merged,
    '{ all(filter: { first: 2 }) { id kind other(filter: { kind: DOWN }) } }',
  )
  expect({ data, errors }).toEqual({ data: { all: [{ id: 'UP 2', kind: 'OLD', other: 'FAR' }] }, errors: [] })
})

test.each([
  [
    'an input field that not all subgraphs know',
    '{ all(filter: { only: "x" }) { id } }',
    /Field "only" is not defined by type "Filter"/,
  ],
  ['a hidden argument', '{ all(secret: 1) { id } }', /Unknown argument "secret"/],
  ['a hidden field', '{ all { note } }', /Cannot query field "note"/],
  ['@defer', '{ all { id ... @defer { kind } } }', /Unknown directive "@defer"/],
])('%s is refused', async (_what, text, message) => {
  expect(await refusal(merged, text)).toMatch(message)
})

test('an overridden field is asked of its new owner only', async () => {
  const fixtures: Record<string, Fixture> = {
    a: {
      typeDefs: 'type Query { e: E } type E @key(fields: "id") { id: ID! moved: String }',
      resolvers: { Query: { e: () => ({ id: '1' }) }, E: { ...reference, moved: never } },
    },
    b: {
      typeDefs: 'type E @key(fields: "id") { id: ID! moved: String @override(from: "a") }',
      resolvers: { E: { ...reference, moved: () => 'from b' } },
    },
  }
  const { data, errors } = await askEngine(fixtures, '{ e { moved } }')
  expect({ data, errors }).toEqual({ data: { e: { moved: 'from b' } }, errors: [] })
})

test('a provided field is taken where it is provided, and asked of its owner elsewhere', async () => {
  const fixtures: Record<string, Fixture> = {
    a: {
      typeDefs: 'type E @key(fields: "id") { id: ID! name: String @shareable }',
      resolvers: { E: { ...reference, name: () => 'from the owner' } },
    },
    b: {
      typeDefs:
        'type Query { near: E @provides(fields: "name") far: E } type E @key(fields: "id") { id: ID! name: String @external }',
      resolvers: { Query: { near: () => ({ id: '1', name: 'provided' }), far: () => ({ id: '2' }) }, E: reference },
    },
  }
  const near = await askEngine(fixtures, '{ near { name } }')
  expect(near).toMatchObject({ data: { near: { name: 'provided' } }, errors: [] })
  expect(near.requests).toHaveLength(1)
  const far = await askEngine(fixtures, '{ far { name } }')
  expect(far).toMatchObject({ data: { far: { name: 'from the owner' } }, errors: [] })
})

test('members of a union that only some subgraphs know are found where they are', async () => {
  const member = { __resolveType: ({ kind }: { kind: string }) => kind }
  const fixtures: Record<string, Fixture> = {
    a: {
      typeDefs:
        'type Query { left: [Any!]! } union Any = E | V type E @key(fields: "id") { id: ID! } type V { x: Int }',
      resolvers: {
        Query: {
          left: () => [
            { kind: 'E', id: '1' },
            { kind: 'V', x: 2 },
          ],
        },
        Any: member,
        E: reference,
      },
    },
    b: {
      typeDefs:
        'type Query { right: [Any!]! } union Any = E | W type E @key(fields: "id") { id: ID! p: Int } type W { y: Int }',
      resolvers: {
        Query: {
          right: () => [
            { kind: 'W', y: 3 },
            { kind: 'E', id: '4' },
          ],
        },
        Any: member,
        E: { ...reference, p: ({ id }: { id: string }) => Number(id) * 10 },
      },
    },
  }
  const text =
    'query { left { ...F } right { ...F } } fragment F on Any { __typename ... on E { p } ... on V { x } ... on W { y } }'
  const { data, errors } = await askEngine(fixtures, text)
  expect(errors).toEqual([])
  expect(data).toEqual({
    left: [
      { __typename: 'E', p: 10 },
      { __typename: 'V', x: 2 },
    ],
    right: [
      { __typename: 'W', y: 3 },
      { __typename: 'E', p: 40 },
    ],
  })
})
