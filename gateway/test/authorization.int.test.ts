// Long because each promise of access rules is one test over the same shop.
import { writeFile } from 'node:fs/promises'
import { eventually } from '@commerce/local/testing.ts'
import { createClient } from 'graphql-ws'
import { SignJWT } from 'jose'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import WebSocket from 'ws'
import type { GatewayConfig } from '../src/config.ts'
import { type SubgraphSource, startGraph, type TestGraph } from './graph.ts'
import { localFeed } from './shop.ts'

const secret = 'a secret of at least thirty-two characters'
const tokens = { key: { secret }, issuer: null, audience: null }

interface Rights {
  sub?: string
  scope?: string
  policies?: string[]
}

async function authorization({ sub = 'v', scope = '', policies }: Rights = {}): Promise<string> {
  const token = new SignJWT({ scope, policies }).setProtectedHeader({ alg: 'HS256' }).setSubject(sub)
  return `Bearer ${await token.sign(new TextEncoder().encode(secret))}`
}

const reference = { __resolveReference: (ref: object) => ref }
let renamed = 0
let version = 1
const posts = [
  { __typename: 'Public', id: 'p1', title: 'One' },
  { __typename: 'Private', id: 'p2', title: 'Two' },
]

const sources: Record<string, SubgraphSource> = {
  accounts: {
    typeDefs: `
      extend schema @link(url: "https://specs.commerce.example/eventSource/v0.1", import: ["@eventSource"]) @composeDirective(name: "@eventSource")
      directive @eventSource(subject: String!, snapshot: String!, key: String!) on FIELD_DEFINITION
      type Query { me: User @authenticated users: [User!]! user: User ghost: User posts: [Post!] states(ids: [ID!]!): [State!]! }
      type Mutation { rename: User @requiresScopes(scopes: [["write"]]) ping: String tag: User }
      type Subscription {
        state(ids: [ID!]!): State! @eventSource(subject: "states.{ids}", snapshot: "states", key: "id")
        closed(ids: [ID!]!): State! @authenticated @eventSource(subject: "states.{ids}", snapshot: "states", key: "id")
      }
      type State { id: ID! version: Int! open: String secret: String! @requiresScopes(scopes: [["secret"]]) note: String @authenticated }
      type User @key(fields: "id") { id: ID! @authenticated name: String email: String! @requiresScopes(scopes: [["email"]]) phone: String @policy(policies: [["support"]]) address: Address }
      type Address { street: String @authenticated zip: Int @shareable }
      interface Post { id: ID! title: String }
      type Public implements Post { id: ID! title: String }
      type Private implements Post @authenticated { id: ID! title: String }
    `,
    resolvers: {
      Query: {
        me: () => ({ id: '1' }),
        user: () => ({ id: '1' }),
        ghost: () => ({ id: 'ghost' }),
        users: () => [{ id: '1' }, { id: '2' }],
        posts: () => posts,
        states: (_: unknown, { ids }: { ids: string[] }) => ids.map((id) => ({ id, version })),
      },
      Mutation: {
        rename: () => {
          renamed++
          return { id: '1' }
        },
        ping: () => 'pong',
        tag: () => {
          renamed++
          return { id: '1' }
        },
      },
      State: { open: () => 'open', secret: () => 'secret', note: () => 'note' },
      User: {
        ...reference,
        name: ({ id }: { id: string }) => `Name ${id}`,
        email: ({ id }: { id: string }) => `${id}@example.com`,
        phone: () => '555',
        address: () => ({ street: 'Main Street', zip: 12 }),
      },
    },
  },
  orders: {
    typeDefs: `
      type Query { orders: Int @requiresScopes(scopes: [["orders"]]) }
      type User @key(fields: "id") { id: ID! @authenticated total: Int email: String! @external greeting: String @requiresScopes(scopes: [["email"]]) @requires(fields: "email") points: Int! address: Address @external shipping: Int @requires(fields: "address { zip }") }
      type Address { zip: Int @shareable }
    `,
    resolvers: {
      Query: { orders: () => 3 },
      User: {
        __resolveReference: (ref: { id: string }) => (ref.id === 'ghost' ? null : ref),
        points: () => 1,
        shipping: ({ address }: { address: { zip: number } }) => address.zip,
        total: () => 9,
        greeting: ({ email }: { email: string }) => `Dear ${email}`,
      },
    },
  },
}

const feed = localFeed()
let graph: TestGraph
beforeAll(async () => {
  graph = await startGraph(sources, { config: { tokens }, feed })
})
afterAll(() => graph.stop())
beforeEach(() => {
  renamed = 0
  version = 1
  for (const { requests } of Object.values(graph.subgraphs)) requests.length = 0
})
const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

async function ask(query: string, rights?: Rights, { variables = {}, on = graph } = {}) {
  const headers: Record<string, string> = rights ? { authorization: await authorization(rights) } : {}
  const { data, errors } = await on.ask(query, variables, headers)
  return { data, errors }
}

async function started(config: Partial<GatewayConfig>): Promise<TestGraph> {
  const other = await startGraph(sources, { config: { tokens, ...config }, feed })
  cleanups.push(() => other.stop())
  return other
}

const asked = (on = graph) => Object.values(on.subgraphs).flatMap(({ requests }) => requests.map(({ query }) => query))

const refused = (...paths: (string | number)[][]) =>
  paths.map((path) => ({
    message: 'Unauthorized field or type',
    path,
    extensions: { code: 'UNAUTHORIZED_FIELD_OR_TYPE' },
  }))

describe('what a viewer may not read', () => {
  test('is null with one error, and is not asked of any subgraph', async () => {
    expect(await ask('{ me { name } user { name phone } orders }')).toEqual({
      data: { me: null, user: { name: 'Name 1', phone: null }, orders: null },
      errors: refused(['me'], ['user', 'phone'], ['orders']),
    })
    expect(asked()).toHaveLength(1)
    expect(asked().join()).not.toMatch(/\bme\b|phone|orders/)
  })

  test('is all there for who may read it', async () => {
    const rights = { scope: 'orders email', policies: ['support'] }
    expect(await ask('{ me { id name phone greeting } orders }', rights)).toEqual({
      data: { me: { id: '1', name: 'Name 1', phone: '555', greeting: 'Dear 1@example.com' }, orders: 3 },
    })
  })

  test('stops an operation of nothing else before any request', async () => {
    expect(await ask('{ me { name } orders user { email } }')).toEqual({
      data: { me: null, orders: null, user: null },
      errors: refused(['me'], ['orders'], ['user', 'email']),
    })
    expect(asked()).toEqual([])
  })

  test('does not show a key that the plan needs for itself', async () => {
    expect(await ask('{ user { total id } }')).toEqual({ data: { user: null }, errors: refused(['user', 'id']) })
    expect(await ask('{ user { total } }')).toEqual({ data: { user: { total: 9 } } })
    expect(asked().join()).toContain('id')
    expect(await ask('{ user { key: id } }')).toEqual({ data: { user: null }, errors: refused(['user', 'key']) })
  })

  test('does not show what a requirement of another field reads', async () => {
    expect(await ask('{ user { name greeting } }', {})).toEqual({
      data: { user: { name: 'Name 1', greeting: null } },
      errors: refused(['user', 'greeting']),
    })
    expect(asked().join()).not.toContain('email')
  })

  test('moves up to the next field that may be null, without a second error', async () => {
    expect(await ask('{ users { name email } }', {})).toEqual({
      data: null,
      errors: refused(['users', '@', 'email']),
    })
    expect(await ask('{ user { name total email } posts { __typename } }', {})).toEqual({
      data: { user: null, posts: [{ __typename: 'Public' }, { __typename: 'Private' }] },
      errors: refused(['user', 'email']),
    })
  })

  test('leaves other nulls their own errors', async () => {
    expect(await ask('{ user { name email } ghost { points } }', {})).toEqual({
      data: { user: null, ghost: null },
      errors: [...refused(['user', 'email']), expect.objectContaining({ path: ['ghost', 'points'] })],
    })
  })

  test('takes its object along when nothing else of that is asked for, also when the plan reads it', async () => {
    const errors = refused(['user', 'address', 'street'])
    expect(await ask('{ user { name address { street } } }')).toEqual({
      data: { user: { name: 'Name 1', address: null } },
      errors,
    })
    expect(await ask('{ user { shipping address { street } } }')).toEqual({
      data: { user: { shipping: 12, address: null } },
      errors,
    })
  })

  test('is null in every element of a list', async () => {
    expect(await ask('{ users { name phone } }')).toEqual({
      data: {
        users: [
          { name: 'Name 1', phone: null },
          { name: 'Name 2', phone: null },
        ],
      },
      errors: refused(['users', '@', 'phone']),
    })
  })

  test('is decided by the type of each object', async () => {
    const query = '{ posts { __typename ... on Public { title } ... on Private { secret: title } } }'
    expect(await ask(query)).toEqual({
      data: {
        posts: [
          { __typename: 'Public', title: 'One' },
          { __typename: 'Private', secret: null },
        ],
      },
      errors: refused(['posts', '@', 'secret']),
    })
    expect(await ask('{ posts { title } }')).toEqual({
      data: { posts: null },
      errors: refused(['posts', '@', 'title']),
    })
    expect((await ask('{ posts { title } }', {})).data.posts).toEqual([{ title: 'One' }, { title: 'Two' }])
  })

  test('is decided by the values of @skip and @include', async () => {
    const query = 'query ($with: Boolean!) { user { name ... @include(if: $with) { phone } } }'
    expect(await ask(query, undefined, { variables: { with: false } })).toEqual({ data: { user: { name: 'Name 1' } } })
    expect(await ask(query, undefined, { variables: { with: true } })).toEqual({
      data: { user: { name: 'Name 1', phone: null } },
      errors: refused(['user', 'phone']),
    })
  })

  test('does not hide the same field where the viewer may read it', async () => {
    const query = '{ posts { ... on Public { title } ... on Post { title } } }'
    expect(await ask(query)).toEqual({
      data: { posts: [{ title: 'One' }, { title: null }] },
      errors: refused(['posts', '@', 'title']),
    })
  })

  test('can still be introspected', async () => {
    const { data, errors } = await ask('{ __type(name: "User") { fields { name } } me { name } }')
    expect(data.__type.fields.map(({ name }: { name: string }) => name)).toContain('email')
    expect([data.me, errors]).toEqual([null, refused(['me'])])
  })
})

test('viewers who ask the same at the same time get each their own', async () => {
  const query = '{ user { name phone } orders }'
  const viewers: [Rights | undefined, string | null, number | null][] = [
    [undefined, null, null],
    [{ sub: 'a', scope: 'orders' }, null, 3],
    [{ sub: 'a', policies: ['support'] }, '555', null],
    [{ sub: 'a', policies: ['support'], scope: 'orders' }, '555', 3],
  ]
  // Twice, because the second time the request is known by its text.
  for (let round = 0; round < 2; round++) {
    const answers = await Promise.all([...viewers, ...viewers].map(([rights]) => ask(query, rights)))
    expect(answers.map(({ data }) => [data.user.phone, data.orders])).toEqual(
      [...viewers, ...viewers].map(([, phone, orders]) => [phone, orders]),
    )
  }
})

describe('a mutation', () => {
  test('that is not allowed does not run, and the others of the operation do', async () => {
    expect(await ask('mutation { rename { name } ping }', { scope: 'read' })).toEqual({
      data: { rename: null, ping: 'pong' },
      errors: refused(['rename']),
    })
    expect(renamed).toBe(0)
    expect((await ask('mutation { rename { name } ping }', { scope: 'write' })).data.rename).toEqual({ name: 'Name 1' })
    expect(renamed).toBe(1)
  })

  test('does not run when nothing that it was asked for may be read', async () => {
    expect(await ask('mutation { tag { phone } }')).toEqual({ data: { tag: null }, errors: refused(['tag', 'phone']) })
    expect(renamed).toBe(0)
  })
})

describe('policies', () => {
  test('are the ones that whoever runs the gateway says hold', async () => {
    const asks: unknown[] = []
    const on = await started({
      holdPolicies: async (policies, viewer) => {
        asks.push([policies, viewer?.id])
        return new Set(viewer?.id === 'agent' ? ['support'] : [])
      },
    })
    const query = '{ user { phone name } }'
    expect((await ask(query, { sub: 'agent' }, { on })).data).toEqual({ user: { phone: '555', name: 'Name 1' } })
    expect((await ask(query, { policies: ['support'] }, { on })).data).toEqual({
      user: { phone: null, name: 'Name 1' },
    })
    expect((await ask('{ user { name } }', {}, { on })).data).toEqual({ user: { name: 'Name 1' } })
    expect(asks).toEqual([
      [['support'], 'agent'],
      [['support'], 'v'],
    ])
  })

  test('that cannot be decided refuse the operation', async () => {
    for (const holdPolicies of [() => Promise.reject(new Error('down')), () => new Promise<never>(() => {})]) {
      const on = await started({ holdPolicies, subgraphTimeoutMs: 200 })
      const { data, errors } = await ask('{ user { phone } }', {}, { on })
      expect([data, errors?.[0].extensions.code]).toEqual([undefined, 'POLICIES_UNAVAILABLE'])
      expect(asked(on)).toEqual([])
    }
  })

  test('that cannot be decided any more refuse an operation that is known in the same words', async () => {
    let decides = true
    const on = await started({
      holdPolicies: async () => (decides ? new Set(['support']) : Promise.reject(new Error('down'))),
    })
    for (let i = 0; i < 2; i++) expect((await ask('{ user { phone } }', {}, { on })).data.user.phone).toBe('555')
    decides = false
    const { data, errors } = await ask('{ user { phone } }', {}, { on })
    expect([data, errors?.[0].extensions.code]).toEqual([undefined, 'POLICIES_UNAVAILABLE'])
  })
})

describe('told to', () => {
  test('reject, the gateway runs nothing of an operation with a part that is not allowed', async () => {
    const on = await started({ unauthorized: 'reject' })
    const query = 'query ($with: Boolean!) { user { name phone @include(if: $with) } }'
    expect(await ask(query, undefined, { on, variables: { with: true } })).toEqual({
      data: null,
      errors: refused(['user', 'phone']),
    })
    expect(await ask('mutation { ping rename { name } }', undefined, { on })).toEqual({
      data: null,
      errors: refused(['rename']),
    })
    expect(asked(on)).toEqual([])
    expect(await ask(query, undefined, { on, variables: { with: false } })).toEqual({
      data: { user: { name: 'Name 1' } },
    })
  })

  test('report, the gateway answers everything and tells what it would leave out', async () => {
    const on = await started({ unauthorized: 'report' })
    expect(await ask('{ user { name phone } orders }', undefined, { on })).toEqual({
      data: { user: { name: 'Name 1', phone: '555' }, orders: 3 },
      errors: refused(['user', 'phone'], ['orders']),
    })
  })
})

describe('over a socket', () => {
  async function first(query: string, rights?: Rights) {
    const client = createClient({
      url: `${graph.gateway.url.replace('http', 'ws')}/graphql`,
      webSocketImpl: WebSocket,
      connectionParams: rights && { authorization: await authorization(rights) },
      retryAttempts: 0,
    })
    cleanups.push(() => client.dispose())
    for await (const payload of client.iterate({ query })) return payload
    return 'ended'
  }

  test('queries are filtered alike', async () => {
    expect(await first('{ user { name phone } }')).toEqual({
      data: { user: { name: 'Name 1', phone: null } },
      errors: refused(['user', 'phone']),
    })
  })

  test('each payload of a subscription lacks what the viewer may not read', async () => {
    const query = 'subscription { state(ids: ["7"]) { open note } }'
    expect(await first(query)).toEqual({
      data: { state: { open: 'open', note: null } },
      errors: refused(['state', 'note']),
    })
    expect(asked().join()).not.toContain('note')
    expect(await first(query, {})).toEqual({ data: { state: { open: 'open', note: 'note' } } })
    expect(await first('subscription { state(ids: ["7"]) { open secret } }', {})).toEqual({
      data: null,
      errors: refused(['state', 'secret']),
    })
  })

  test('a subscription stays filtered when the supergraph changes', async () => {
    const client = createClient({
      url: `${graph.gateway.url.replace('http', 'ws')}/graphql`,
      webSocketImpl: WebSocket,
      retryAttempts: 0,
    })
    cleanups.push(() => client.dispose())
    const stream = client.iterate({ query: 'subscription { state(ids: ["8"]) { version note } }' })
    const payload = (newest: number) => ({
      value: { data: { state: { version: newest, note: null } }, errors: refused(['state', 'note']) },
      done: false,
    })
    expect(await stream.next()).toEqual(payload(1))
    await writeFile(graph.file, `${graph.supergraphSdl}\n# changed`)
    expect(await graph.gateway.reload()).toBe(true)
    await eventually('the state is read by the new plan', () => asked().length >= 2)
    version = 2
    feed.publish('states.8', version)
    expect(await stream.next()).toEqual(payload(2))
    expect(asked().join()).not.toContain('note')
    await stream.return?.()
  })

  test('a subscription that is not allowed does not start', async () => {
    await expect(first('subscription { closed(ids: ["7"]) { open } }')).rejects.toMatchObject(
      refused(['closed']).map(({ message, path }) => ({ message, path })),
    )
    expect(asked()).toEqual([])
    expect(await first('subscription { closed(ids: ["7"]) { open } }', {})).toEqual({
      data: { closed: { open: 'open' } },
    })
  })
})
