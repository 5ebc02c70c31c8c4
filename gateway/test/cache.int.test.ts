// Long because each promise of the caches is one test over the same small shop.
import { SignJWT } from 'jose'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { consistencyTokens } from '../src/cache/consistency.ts'
import { caching, type SubgraphSource, startGraph, type TestGraph } from './graph.ts'
import { localFeed } from './shop.ts'

const secret = 'a secret of at least thirty-two characters'
interface Asker {
  headers: Record<string, string>
}
const viewerOf = ({ headers }: Asker) =>
  headers['x-viewer'] ? JSON.parse(Buffer.from(headers['x-viewer'], 'base64url').toString()).id : 'nobody'

// What the shop has. While the gate is closed reads wait: what they tell was looked up before.
const prices = new Map<string, number>()
let gate: Promise<void> = Promise.resolve()
let failing = false
async function behindGate<T>(value: T): Promise<T> {
  await gate
  return value
}

const sources: Record<string, SubgraphSource> = {
  catalog: {
    typeDefs: `${caching}
      type Query {
        items(skus: [String!]!): [Item] @cacheTag(format: "item.changed.{$args.skus}") @cacheControl(maxAge: 60, scope: PUBLIC)
        menu: [Item!]! @cacheTag(format: "item.changed") @cacheControl(maxAge: 60, scope: PUBLIC)
        uncached: String
        late(skus: [String!]!): [Item]
      }
      type Mutation { rename: String }
      type Item @key(fields: "sku") @cacheTag(format: "item.changed.{$key.sku}") @cacheControl(maxAge: 60, scope: PUBLIC) { sku: String!  seenBy: String }
    `,
    resolvers: {
      Query: {
        items: (_: unknown, { skus }: { skus: string[] }) => skus.map((sku) => ({ sku })),
        menu: () => [...prices.keys()].map((sku) => ({ sku })),
        uncached: () => 'new',
        late: (_: unknown, { skus }: { skus: string[] }) => behindGate(skus.map((sku) => ({ sku }))),
      },
      Mutation: { rename: () => 'done' },
      Item: {
        __resolveReference: (key: object) => key,
        seenBy: (_: unknown, _args: unknown, asker: Asker) => viewerOf(asker),
      },
    },
  },
  prices: {
    typeDefs: `${caching}
      type Item @key(fields: "sku") @cacheTag(format: "price.changed.{$key.sku}") @cacheControl(maxAge: 60, scope: PUBLIC) {
        sku: String!
        price: Int
        own: String @cacheControl(scope: PRIVATE)
      }
    `,
    resolvers: {
      Item: {
        __resolveReference: (key: { sku: string }) => {
          if (failing) throw new Error('broken')
          return behindGate(prices.has(key.sku) ? { ...key, price: prices.get(key.sku) } : null)
        },
        own: ({ sku }: { sku: string }, _: unknown, asker: Asker) => `${sku} for ${viewerOf(asker)}`,
      },
    },
  },
}

const feed = localFeed()
let graph: TestGraph
beforeAll(async () => {
  const config = { secret, tokens: { key: { secret }, issuer: null, audience: null } }
  graph = await startGraph(sources, { config, feed })
})
afterAll(() => graph.stop())

let version = 0
let run = 0
beforeEach(() => {
  run++
  prices.clear()
  for (const [index, name] of ['a', 'b', 'c.d'].entries()) prices.set(sku(name), index + 1)
  gate = Promise.resolve()
  failing = false
  for (const { requests } of Object.values(graph.subgraphs)) requests.length = 0
})

/** SKUs that no other test has asked for. */
const sku = (name: string) => `${name}-${run}`
const asked = (name: string) => graph.subgraphs[name]?.requests ?? []
const askedSkus = () =>
  asked('prices').map(({ variables }) =>
    Object.values(variables as Record<string, { sku: string }[]>).flatMap((list) =>
      list.map(({ sku }) => sku.split('-')[0]),
    ),
  )
const encoded = (text: string) => text.replaceAll('.', '=2E')
function change(name: string, price: number) {
  prices.set(sku(name), price)
  feed.publish(`price.changed.${encoded(sku(name))}`, ++version)
}
const query = 'query ($skus: [String!]!) { items(skus: $skus) { sku price } }'
const pricesOf = async (names: string[], text = query, headers: Record<string, string> = {}) => {
  const { data, errors } = await graph.ask(text, { skus: names.map(sku) }, headers)
  return errors ?? data.items.map((item: { price: number } | null) => item?.price)
}
const token = async (id: string) => {
  const signed = await new SignJWT({}).setProtectedHeader({ alg: 'HS256' }).setSubject(id).sign(Buffer.from(secret))
  return { authorization: `Bearer ${signed}` }
}
function closeGate(): () => void {
  const { promise, resolve } = Promise.withResolvers<void>()
  gate = promise
  return resolve
}
const settled = () => new Promise((resolve) => setTimeout(resolve, 30))

describe('what is kept', () => {
  test('answers without asking a subgraph, also another operation with the same selection', async () => {
    for (let i = 0; i < 4; i++) expect(await pricesOf(['a', 'b'])).toEqual([1, 2])
    expect(await pricesOf(['b'], 'query Other ($skus: [String!]!) { items(skus: $skus) { price sku } }')).toEqual([2])
    expect(asked('prices')).toHaveLength(1)
  })

  test('part of a list is asked for when only part of it is kept', async () => {
    await pricesOf(['a'])
    expect(await pricesOf(['a', 'b', 'c.d'])).toEqual([1, 2, 3])
    expect(askedSkus()).toEqual([['a'], ['b', 'c.d']])
  })

  test('that something does not exist is kept until it does', async () => {
    for (let i = 0; i < 3; i++) expect(await pricesOf(['new'])).toEqual([null])
    expect(asked('prices')).toHaveLength(1)
    change('new', 9)
    expect(await pricesOf(['new'])).toEqual([9])
  })

  test('an answer with an error is not', async () => {
    failing = true
    for (let i = 0; i < 3; i++) expect(await pricesOf(['a'])).toMatchObject([{ message: 'broken' }])
    failing = false
    expect(await pricesOf(['a'])).toEqual([1])
    expect(asked('prices')).toHaveLength(4)
  })

  test('a field that says nothing of caching is asked for each time', async () => {
    for (let i = 0; i < 3; i++) await graph.ask('{ uncached }')
    expect(asked('catalog')).toHaveLength(3)
  })
})

describe('what changes', () => {
  test('is asked for again, and only that', async () => {
    for (let i = 0; i < 3; i++) await pricesOf(['a', 'b', 'c.d'])
    change('c.d', 7)
    for (let i = 0; i < 3; i++) expect(await pricesOf(['a', 'b', 'c.d'])).toEqual([1, 2, 7])
    expect(askedSkus()).toEqual([['a', 'b', 'c.d'], ['c.d']])
  })

  test('also drops lists of all entities', async () => {
    const menu = async () => (await graph.ask('{ menu { sku } }')).data.menu.length
    for (let i = 0; i < 3; i++) expect(await menu()).toBe(3)
    expect(asked('catalog')).toHaveLength(1)
    prices.set(sku('d'), 4)
    feed.publish(`item.changed.${sku('d')}`, ++version)
    expect(await menu()).toBe(4)
  })

  test('while it is being asked for is not kept, and nobody who asks later gets it', async () => {
    const open = closeGate()
    const early = pricesOf(['a'])
    await settled()
    change('a', 5)
    const late = pricesOf(['a'], 'query Late ($skus: [String!]!) { items(skus: $skus) { sku price } }')
    await settled()
    open()
    expect(await early).toEqual([1])
    expect(await late).toEqual([5])
    expect(await pricesOf(['a'])).toEqual([5])
  })
})

test('what another run is asking for is waited for, not asked for again', async () => {
  const open = closeGate()
  const first = pricesOf(['a', 'b'])
  await settled()
  const second = pricesOf(['b', 'c.d'], 'query Second ($skus: [String!]!) { items(skus: $skus) { price sku } }')
  await settled()
  open()
  expect(await Promise.all([first, second])).toEqual([
    [1, 2],
    [2, 3],
  ])
  expect(askedSkus()).toEqual([['a', 'b'], ['c.d']])
})

test('changes of other things keep nobody from waiting together', async () => {
  const open = closeGate()
  const clients = []
  for (let i = 0; i < 20; i++) {
    clients.push(pricesOf(['a'], `query Client${i} ($skus: [String!]!) { items(skus: $skus) { price sku } }`))
    await settled()
    change('b', i)
  }
  open()
  expect(await Promise.all(clients)).toEqual(clients.map(() => [1]))
  expect(askedSkus()).toEqual([['a']])
})

test('what another run failed to get is asked for by one of those who waited', async () => {
  const open = closeGate()
  const leaving = new AbortController()
  const body = JSON.stringify({ query, variables: { skus: ['a', 'b', 'c.d'].map(sku) } })
  const headers = { 'content-type': 'application/json' }
  const first = fetch(`${graph.gateway.url}/graphql`, { method: 'POST', body, headers, signal: leaving.signal })
  await settled()
  // Each waits for other parts of it, so that no two would ask the same.
  const others = [['a', 'b'], ['a', 'c.d'], ['a']].map((names) => pricesOf(names))
  await settled()
  leaving.abort()
  await expect(first).rejects.toThrow()
  await settled()
  open()
  expect(await Promise.all(others)).toEqual([[1, 2], [1, 3], [1]])
  expect(askedSkus()).toEqual([['a', 'b', 'c.d'], ['a', 'b'], ['c.d']])
})

describe('viewers', () => {
  test('share what is public, which is asked for without saying who asks', async () => {
    for (const id of ['ann', 'bob']) {
      const { data } = await graph.ask(
        'query ($skus: [String!]!) { items(skus: $skus) { seenBy } }',
        { skus: [sku('a')] },
        await token(id),
      )
      expect(data.items).toEqual([{ seenBy: 'nobody' }])
    }
    expect(asked('catalog')).toHaveLength(1)
    expect(asked('catalog')[0]?.headers['x-viewer']).toBeUndefined()
  })

  test('never share what is private', async () => {
    const text = 'query ($skus: [String!]!) { items(skus: $skus) { price own } }'
    for (let i = 0; i < 3; i++) {
      for (const id of ['ann', 'bob', undefined]) {
        const { data } = await graph.ask(text, { skus: [sku('a')] }, id ? await token(id) : {})
        expect(data.items).toEqual([{ price: 1, own: `${sku('a')} for ${id ?? 'nobody'}` }])
      }
    }
    expect(asked('prices')).toHaveLength(3)
  })
})

test('a policy that does not hold any more hides what was kept while it held', async () => {
  let holds = true
  const one = await startGraph(
    {
      secrets: {
        typeDefs: `${caching}
          type Query { plan: Plan @cacheTag(format: "item.changed") @cacheControl(maxAge: 60) }
          type Plan { name: String margin: String @policy(policies: [["finance"]]) }
        `,
        resolvers: { Query: { plan: () => ({ name: 'Next year', margin: '40 %' }) } },
      },
    },
    { config: { holdPolicies: async () => new Set(holds ? ['finance'] : []) }, feed: localFeed() },
  )
  try {
    const margin = async () => (await one.ask('{ plan { name margin } }')).data.plan.margin
    for (let i = 0; i < 3; i++) expect(await margin()).toBe('40 %')
    expect(one.subgraphs.secrets?.requests).toHaveLength(1) // what it was made of is kept
    holds = false
    for (let i = 0; i < 3; i++) expect(await margin()).toBeNull()
  } finally {
    await one.stop()
  }
})

test('nothing is served while events may be missing', async () => {
  for (let i = 0; i < 3; i++) await pricesOf(['a', 'b'])
  feed.lose()
  prices.set(sku('a'), 8)
  expect(await pricesOf(['a', 'b'])).toEqual([8, 2])
  expect(await pricesOf(['a', 'b'])).toEqual([8, 2])
  expect(asked('prices')).toHaveLength(3)
  feed.recover(false)
  expect(await pricesOf(['a', 'b'])).toEqual([8, 2])
  for (let i = 0; i < 3; i++) await pricesOf(['a', 'b'])
  expect(asked('prices')).toHaveLength(4)
})

describe('a consistency token', () => {
  const bearing = (given: string) => pricesOf(['a'], query, { 'consistency-token': given })
  const tokens = consistencyTokens(secret)

  test('that says more than was heard is not answered from what is kept, nor from what was asked for before', async () => {
    for (let i = 0; i < 3; i++) await pricesOf(['a'])
    feed.heard = false
    prices.set(sku('a'), 9) // changed, and the event is on its way
    const events = { stream: 'now', last: new Map([['price', 12]]) }
    expect(await bearing(tokens.write({ versions: {}, events }))).toEqual([9])
    expect(asked('prices').at(-1)?.headers['x-event-position']).toBe('none')
    feed.heard = true
    expect(await bearing(tokens.write({ versions: {}, events }))).toEqual([1])
  })

  test('that is none is answered from nothing that is kept', async () => {
    for (let i = 0; i < 3; i++) await pricesOf(['a'])
    prices.set(sku('a'), 9)
    for (const given of ['all', 'x', `${'y'.repeat(30)}.${'z'.repeat(22)}`]) expect(await bearing(given)).toEqual([9])
    expect(await pricesOf(['a'])).toEqual([1])
  })
})

test('a subgraph is told how far the gateway has followed the events', async () => {
  feed.seen = { stream: '2026-01-01T00:00:00Z', last: new Map([['price', 7]]) }
  await pricesOf(['a'])
  expect(asked('prices').at(-1)?.headers['x-event-position']).toBe('2026-01-01T00:00:00Z price=7')
  feed.seen = null
  await pricesOf(['b'])
  expect(asked('prices').at(-1)?.headers['x-event-position']).toBeUndefined()
})

test('a subgraph is told what is known when it is asked, not when the run began', async () => {
  feed.seen = { stream: '2026-01-01T00:00:00Z', last: new Map([['price', 7]]) }
  const open = closeGate()
  const answer = graph.ask('query ($skus: [String!]!) { late(skus: $skus) { price } }', { skus: [sku('a')] })
  await expect.poll(() => asked('catalog').length).toBe(1)
  feed.seen = { stream: '2026-01-01T00:00:00Z', last: new Map([['price', 8]]) }
  open()
  await answer
  feed.seen = null
  expect(asked('prices').at(-1)?.headers['x-event-position']).toBe('2026-01-01T00:00:00Z price=8')
})

test('tells where an answer came from when it is asked', async () => {
  const status = async (names: string[], text = query) => {
    const body = JSON.stringify({ query: text, variables: { skus: names.map(sku) } })
    const headers = { 'content-type': 'application/json', 'x-cache-debug': '1' }
    return (await fetch(`${graph.gateway.url}/graphql`, { method: 'POST', headers, body })).headers.get('cache-status')
  }
  expect(await status(['a'])).toBe(
    'gateway; fwd=miss, catalog; fwd=miss; detail="root: 0 kept, 0 waited for, 1 asked for", prices; fwd=miss; detail="items.@: 0 kept, 0 waited for, 1 asked for"',
  )
  expect(await status(['a', 'b'])).toContain('prices; fwd=partial; detail="items.@: 1 kept, 0 waited for, 1 asked for"')
  const renamed = query.replace('query', 'query Renamed')
  expect(await status(['a', 'b'], renamed)).toContain(
    'prices; hit; detail="items.@: 2 kept, 0 waited for, 0 asked for"',
  )
  expect(await status(['a', 'b'])).toBe('gateway; hit')
})

test('counts what it keeps, serves and refuses', async () => {
  const read = async (name: string) => {
    const text = await (await fetch(`${graph.gateway.url}/metrics`)).text()
    return Number(new RegExp(`^${name} (.*)$`, 'm').exec(text)?.[1])
  }
  const hits = () => read('gateway_cache_requests_total{cache="response",result="hit"}'.replace(/[{}"]/g, '\\$&'))
  const before = await hits()
  for (let i = 0; i < 5; i++) await pricesOf(['a'])
  expect((await hits()) - before).toBe(4)
  expect(await read('gateway_cache_serving')).toBe(1)
  const staleness = () => read('gateway_cache_staleness_seconds_sum')
  const stale = (await staleness()) || 0
  feed.publish(`price.changed.${sku('b')}`, ++version, Date.now() - 500)
  expect((await staleness()) - stale).toBeCloseTo(0.5, 1)
  expect(await read('gateway_cache_size_bytes\\{cache="answer"\\}')).toBeGreaterThan(100)
})

describe('GET', () => {
  const get = (names: string[], headers: Record<string, string> = {}) => {
    const search = new URLSearchParams({ query, variables: JSON.stringify({ skus: names.map(sku) }) })
    return fetch(`${graph.gateway.url}/graphql?${search}`, { headers: { 'apollo-require-preflight': '1', ...headers } })
  }

  test('names what a response depends on, and answers 304 until that changes', async () => {
    const first = await get(['a'])
    const etag = first.headers.get('etag') ?? ''
    expect(Object.fromEntries(first.headers)).toMatchObject({
      'cache-control': 'public, no-cache',
      age: '0',
      'cache-tag': `item.changed.${sku('a')},price.changed.${sku('a')}`,
    })
    expect((await get(['a'], { 'if-none-match': etag })).status).toBe(304)
    change('a', 6)
    const after = await get(['a'], { 'if-none-match': etag })
    expect(after.status).toBe(200)
    expect(await after.json()).toEqual({ data: { items: [{ sku: sku('a'), price: 6 }] } })
  })
})
