import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate as tick } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { dependOn } from '@commerce/cache/dependencies.ts'
import { scratchFolder, whenDone } from '@commerce/local/testing.ts'
import { beforeAll, expect, test } from 'vitest'
import { createLog } from './log.ts'
import { serveGraphQL } from './subgraph-server.ts'
import { headers } from './viewer.ts'

const SCHEMA = `
  extend schema @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key"])
  type Query { thing(id: ID!): Thing other: Thing broken: Int list: [Thing!]! constant: Int }
  type Mutation { change: Thing }
  type Thing @key(fields: "id") { id: ID! price: Int slow: Int part: Thing fails: Int }
  type Bare @key(fields: "id") { id: ID! price: Int }
  interface Media @key(fields: "id") { id: ID! title: String }
  type Book implements Media @key(fields: "id") { id: ID! title: String }
  type Film implements Media @key(fields: "id") { id: ID! title: String }
`
const SECRET = 'a secret that only tests know'

async function read(tag: string): Promise<number> {
  await tick()
  dependOn(tag)
  return 1
}

const found = (tag: string) => async (reference: { id: string }) => {
  await read(`${tag}.${reference.id}`)
  return reference.id === 'none' ? null : { ...reference }
}
const priced = { price: ({ id }: { id: string }) => read(`price.${id}`) }

let url: string
beforeAll(async () => {
  const folder = scratchFolder('schema')
  mkdirSync(folder, { recursive: true })
  const file = join(folder, 'schema.graphql')
  writeFileSync(file, SCHEMA)
  const running = await serveGraphQL({
    name: 'things',
    host: '127.0.0.1',
    port: 0,
    schemaFile: pathToFileURL(file),
    resolvers: {
      Query: {
        thing: (_: unknown, { id }: { id: string }) => found('thing')({ id }),
        other: () => found('thing')({ id: 'other' }),
        broken: async () => {
          await read('broken')
          throw new Error('broken')
        },
        list: async () => {
          await read('list')
          return [{ id: '1' }, { id: '2' }]
        },
        constant: () => 1,
      },
      Mutation: { change: () => found('thing')({ id: 'changed' }) },
      Thing: {
        __resolveReference: found('thing'),
        ...priced,
        slow: async ({ id }: { id: string }) => {
          await new Promise((resolve) => setTimeout(resolve, 20))
          return read(`slow.${id}`)
        },
        part: ({ id }: { id: string }) => ({ id: `${id}/part` }),
        fails: async ({ id }: { id: string }) => {
          await read(`fails.${id}`)
          throw new Error('fails')
        },
      },
      Bare: priced,
      Media: { __resolveType: ({ id }: { id: string }) => (id.startsWith('book') ? 'Book' : 'Film') },
      Book: { __resolveReference: found('book') },
    },
    tagged: true,
    gatewaySecret: SECRET,
    raiseFloors() {},
    notBehind: (_seen, work) => work(),
    context: () => ({}),
    checks: {},
    log: createLog('test', 'silent'),
  })
  whenDone(() => running.stop())
  url = running.url
})

interface Answer {
  data?: Record<string, unknown>
  errors?: unknown[]
  extensions?: { apolloCacheTags?: string[]; apolloEntityCacheTags?: string[][] }
}

async function ask(query: string, variables: object = {}): Promise<Answer> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', [headers.secret]: SECRET },
    body: JSON.stringify({ query, variables }),
  })
  return (await response.json()) as Answer
}

const entities = (selections: string, ...references: [string, string][]) =>
  ask(`query ($r: [_Any!]!) { ${selections} }`, {
    r: references.map(([__typename, id]) => ({ __typename, id })),
  })

test('root fields carry what was read for them and below them, once and in order', async () => {
  const answer = await ask(
    '{ b: thing(id: "b") { price } a: thing(id: "a") { ...rest part { price } } list { price } } fragment rest on Thing { price }',
  )
  expect(answer.extensions).toEqual({
    apolloCacheTags: ['list', 'price.1', 'price.2', 'price.a', 'price.a/part', 'price.b', 'thing.a', 'thing.b'],
  })
})

test('an answer that nothing can change has an empty list', async () => {
  expect((await ask('{ constant }')).extensions).toEqual({ apolloCacheTags: [] })
  expect((await ask('{ _service { sdl } }')).extensions).toEqual({ apolloCacheTags: [] })
})

test('each representation has its own, in their order, whatever takes how long', async () => {
  const answer = await entities(
    '_entities(representations: $r) { ... on Thing { price slow part { price } } ... on Bare { price } }',
    ['Thing', 'b'],
    ['Bare', 'x'],
    ['Thing', 'a'],
    ['Thing', 'b'],
  )
  const ofThing = (id: string) => [`price.${id}`, `price.${id}/part`, `slow.${id}`, `thing.${id}`]
  expect(answer.extensions).toEqual({
    apolloCacheTags: [],
    apolloEntityCacheTags: [ofThing('b'), ['price.x'], ofThing('a'), ofThing('b')],
  })
})

test('the lists of several fields follow each other in the order of the document, beside those of root fields', async () => {
  const both = await ask(
    `query ($r: [_Any!]!, $s: [_Any!]!) { ...second other { price } first: _entities(representations: $r) { ... on Thing { price } } }
     fragment second on Query { _entities_0: _entities(representations: $s) { ... on Thing { id } ... on Bare { id } } }`,
    {
      r: [{ __typename: 'Thing', id: 'a' }],
      s: [
        { __typename: 'Thing', id: 'z' },
        { __typename: 'Bare', id: 'x' },
      ],
    },
  )
  expect(both.extensions).toEqual({
    apolloCacheTags: ['price.other', 'thing.other'],
    apolloEntityCacheTags: [['thing.z'], [], ['price.a', 'thing.a']],
  })
})

test('what was looked for and not found carries what it was looked for by', async () => {
  const answer = await entities('_entities(representations: $r) { ... on Thing { price } }', ['Thing', 'none'])
  expect(answer.data).toEqual({ _entities: [null] })
  expect(answer.extensions?.apolloEntityCacheTags).toEqual([['thing.none']])
})

test('an answer with errors carries what was read all the same', async () => {
  const answer = await entities('broken _entities(representations: $r) { ... on Thing { fails price } }', [
    'Thing',
    'a',
  ])
  expect(answer.errors).toHaveLength(2)
  expect(answer.extensions).toEqual({
    apolloCacheTags: ['broken'],
    apolloEntityCacheTags: [['fails.a', 'price.a', 'thing.a']],
  })
})

test('a representation of an interface has the reads of the type it turns out to be', async () => {
  const answer = await entities(
    '_entities(representations: $r) { ... on Media { id } ... on Thing { price } }',
    ['Media', 'film'],
    ['Media', 'book'],
    ['Thing', 'a'],
    ['Book', 'book2'],
  )
  expect(answer.data).toEqual({ _entities: [{ id: 'film' }, { id: 'book' }, { price: 1 }, { id: 'book2' }] })
  expect(answer.extensions?.apolloEntityCacheTags).toEqual([[], ['book.book'], ['price.a', 'thing.a'], ['book.book2']])
})

test('answers that are made at the same time do not mix', async () => {
  const ids = Array.from({ length: 20 }, (_, i) => String(i))
  const answers = await Promise.all(ids.map((id) => ask('query ($id: ID!) { thing(id: $id) { slow } }', { id })))
  expect(answers.map(({ extensions }) => extensions?.apolloCacheTags)).toEqual(
    ids.map((id) => [`slow.${id}`, `thing.${id}`]),
  )
})

test('what is not run carries none', async () => {
  expect((await ask('{ ...unknown }')).extensions).toBeUndefined()
})

test('a mutation carries none', async () => {
  const answer = await ask('mutation { change { price } }')
  expect(answer).toEqual({ data: { change: { price: 1 } } })
})
