// Long because everything that the whole API can do is asked of a contract.
import { createHash } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { scratchFolder } from '@commerce/local/testing.ts'
import { createClient as createEventClient } from 'graphql-sse'
import { createClient } from 'graphql-ws'
import { expect, test } from 'vitest'
import WebSocket from 'ws'
import type { GatewayConfig } from '../src/config.ts'
import { type Contract, withContracts } from '../src/supergraph/contracts.ts'
import { compose, post, startGraph, type TestGraph } from './graph.ts'
import { afterwards } from './live-graph.ts'
import { localFeed, type Payloads, shop as stockShop, subject, take } from './shop.ts'

const shop: Contract = { name: 'shop', include: [], exclude: ['staff'] }

/** A shop of which staff see more: fields, an argument, an enum's value, a type of a union, mutations, a subscription. */
async function start(config: Partial<GatewayConfig> = {}, contracts: Contract[] = [shop]) {
  const feed = localFeed()
  const { stock, sources } = stockShop()
  const { inventory } = sources
  if (inventory) {
    inventory.typeDefs = inventory.typeDefs
      .replace('note: String variant', 'note: String @tag(name: "staff") variant')
      .replace('unfed: AvailabilityChanged!', 'unfed: AvailabilityChanged! @tag(name: "staff")')
  }
  const graph = await startGraph(
    {
      ...sources,
      things: {
        typeDefs: `
          type Query { thing(id: ID!, trace: String @tag(name: "staff")): Thing things: [Any!]! any: Any color: Color }
          type Mutation { rename(name: String!): String drop: String @tag(name: "staff") }
          type Thing { id: ID! name: String cost: Int @tag(name: "staff") }
          type Audit @tag(name: "staff") { by: String }
          union Any = Thing | Audit
          enum Color { RED SECRET @tag(name: "staff") }
        `,
        resolvers: {
          Query: {
            thing: (_: unknown, { id }: { id: string }) => ({ id, name: `Thing ${id}`, cost: 7 }),
            things: () => [{ __typename: 'Thing', id: 1 }],
            any: () => ({ __typename: 'Audit', by: 'Ann' }),
            color: () => 'SECRET',
          },
          Mutation: { rename: (_: unknown, { name }: { name: string }) => name, drop: () => 'gone' },
        },
      },
    },
    { feed, config, contracts },
  )
  afterwards(() => graph.stop())
  const change = (sku: string, version: number, status = 'IN_STOCK') => {
    stock.set(sku, { version, status })
    feed.publish(subject(sku), version)
  }
  /** Takes the same subgraphs over with other contracts. */
  const replace = async (contracts: Contract[], edit = (sdl: string) => sdl) => {
    const sdl = compose(Object.values(graph.subgraphs))
    await writeFile(graph.file, withContracts(edit(sdl), contracts))
    return graph.gateway.reload()
  }
  return { graph, change, replace }
}

const at = ({ gateway }: TestGraph, contract = 'shop') => `${gateway.url}/contracts/${contract}`
const code = ({ errors }: { errors?: { extensions: { code: string } }[] }) => errors?.[0]?.extensions.code

/** What comes over a WebSocket at an address, one operation a connection. */
function overSocket(address: string, query: string, variables: Record<string, unknown> = {}): Payloads {
  const client = createClient({ url: address.replace('http', 'ws'), webSocketImpl: WebSocket, retryAttempts: 0 })
  afterwards(() => client.dispose())
  return client.iterate({ query, variables }) as Payloads
}

function overEvents(address: string, query: string, singleConnection: boolean): Payloads {
  const client = createEventClient({ url: address, singleConnection, retryAttempts: 0 })
  afterwards(() => client.dispose())
  return client.iterate({ query, variables: { skus: ['b'] } }) as Payloads
}

const live = 'subscription ($skus: [String!]!) { availabilityChanged(skus: $skus) { status variant { title } } }'
const noted = live.replace('status', 'status note')

test('a contract answers what it has, and does not know what its tags leave out', async () => {
  const { graph } = await start()
  const query = '{ thing(id: 1) { name } }'
  const whole = await graph.ask('{ thing(id: 1, trace: "x") { name cost } any { ... on Audit { by } } color }')
  expect(whole.data).toEqual({ thing: { name: 'Thing 1', cost: 7 }, any: { by: 'Ann' }, color: 'SECRET' })
  // Twice: the second time it is known by its bytes.
  for (let time = 0; time < 2; time++) {
    expect(await post(at(graph), { query })).toEqual({ status: 200, data: { thing: { name: 'Thing 1' } } })
  }
  for (const hidden of [
    '{ thing(id: 1) { cost } }',
    '{ thing(id: 1, trace: "x") { name } }',
    '{ any { ... on Audit { by } } }',
    'mutation { drop }',
    'subscription { unfed { status } }',
  ]) {
    const answer = await post(at(graph), { query: hidden })
    expect([hidden, answer.status, code(answer)]).toEqual([hidden, 400, 'GRAPHQL_VALIDATION_FAILED'])
    // The same bytes as the whole API may ask.
    expect(code(await graph.ask(hidden))).not.toBe('GRAPHQL_VALIDATION_FAILED')
  }
  expect(await post(at(graph), { query: 'mutation { rename(name: "x") }' })).toMatchObject({ data: { rename: 'x' } })
  const get = await fetch(`${at(graph)}/graphql?${new URLSearchParams({ query })}`, {
    headers: { 'apollo-require-preflight': '1' },
  })
  expect(await get.json()).toEqual({ data: { thing: { name: 'Thing 1' } } })
})

test('what a contract hides does not come out of an answer either', async () => {
  const { graph } = await start()
  const answer = await post(at(graph), { query: '{ any { __typename } color things { __typename } }' })
  expect(answer.data).toEqual({ any: null, color: null, things: [{ __typename: 'Thing' }] })
  expect(JSON.stringify(answer)).not.toMatch(/Audit|SECRET/)
})

test('introspection and suggestions of a contract tell of nothing that it hides', async () => {
  const { graph } = await start()
  const query =
    '{ __schema { types { name fields { name args { name } } enumValues { name } possibleTypes { name } } } }'
  const [own, whole] = await Promise.all([post(at(graph), { query }), graph.ask(query)])
  expect(JSON.stringify(whole)).toMatch(/Audit.*/)
  expect(JSON.stringify(own)).not.toMatch(/Audit|SECRET|"cost"|"trace"|"drop"|"unfed"|"note"\}?,"args"/)
  expect(JSON.stringify(own)).toContain('"name":"Thing"')
  const suggested = await post(at(graph), { query: '{ thing(id: 1) { costs } }' })
  expect(suggested.errors?.[0].message).toBe('Cannot query field "costs" on type "Thing".')
})

test('a contract shares plans, subgraph answers and limits with the whole API', async () => {
  const { graph } = await start({ maxPlans: 3, limits: { ...(await defaults()).limits, aliases: 2 } })
  const deep = await post(at(graph), { query: '{ a: color b: color c: color }' })
  expect([deep.status, code(deep)]).toEqual([400, 'OPERATION_LIMIT'])
  expect(code(await graph.ask('{ a: color b: color c: color }'))).toBe('OPERATION_LIMIT')
  const metrics = async () => (await fetch(`${graph.gateway.url}/metrics`)).text()
  for (const query of ['{ thing(id: 1) { id } }', '{ thing(id: 2) { id } }']) {
    await graph.ask(query)
    await post(at(graph), { query })
  }
  expect(await metrics()).toContain('gateway_plan_cache_entries 3')
  expect(await metrics()).toMatch(/http_route="\/contracts\/\{name\}\/graphql"/)
})

async function defaults() {
  return (await import('../src/config.ts')).gatewayDefaults
}

test('subscriptions of a contract follow over WebSocket and Server-Sent Events', async () => {
  const { graph, change } = await start()
  const streams = [
    overSocket(`${at(graph)}/graphql`, live, { skus: ['b'] }),
    overEvents(`${at(graph)}/graphql`, live, false),
    overEvents(`${at(graph)}/graphql/stream`, live, true),
  ]
  for (const stream of streams) {
    expect(await take(stream, 1)).toEqual([
      { data: { availabilityChanged: { status: 'LOW_STOCK', variant: { title: 'Title of b' } } } },
    ])
  }
  change('b', 6, 'OUT_OF_STOCK')
  for (const stream of streams) {
    expect((await take(stream, 1))[0].data.availabilityChanged.status).toBe('OUT_OF_STOCK')
  }
  // The same text on the whole API is another live operation, which may say more.
  const whole = overSocket(`${graph.gateway.url}/graphql`, noted, { skus: ['b'] })
  expect(await take(whole, 1)).toMatchObject([{ data: { availabilityChanged: { note: null } } }])
  const refusals = [
    overSocket(`${at(graph)}/graphql`, noted, { skus: ['b'] }).next(),
    overSocket(`${at(graph)}/graphql`, '{ thing(id: 1) { cost } }').next(),
  ]
  for (const refusal of refusals) await expect(refusal).rejects.toMatchObject([{ message: /Cannot query field/ }])
  expect(await take(overEvents(`${at(graph)}/graphql`, noted, false), 1)).toMatchObject([
    { errors: [{ message: expect.stringContaining('Cannot query field "note"') }] },
  ])
})

test('trusted documents run on a contract when they are valid there', async () => {
  const folder = scratchFolder('contract-documents')
  await mkdir(folder, { recursive: true })
  const [known, hidden] = ['{ thing(id: 1) { name } }', '{ thing(id: 1) { cost } }']
  const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
  await writeFile(join(folder, 'web.json'), JSON.stringify({ [sha256(known)]: known, [sha256(hidden)]: hidden }))
  const { graph } = await start({ operations: folder, trustedDocuments: 'id-only' })
  const ask = (documentId: string) => post(at(graph), { documentId })
  expect((await ask(sha256(known))).data).toEqual({ thing: { name: 'Thing 1' } })
  expect(code(await ask(sha256(hidden)))).toBe('GRAPHQL_VALIDATION_FAILED')
  expect(code(await ask('nobody'))).toBe('PERSISTED_QUERY_NOT_FOUND')
  expect(code(await post(at(graph), { query: known }))).toBe('DOCUMENT_NOT_TRUSTED')
})

test('contracts come, change and go with the supergraph, and clients that stay connected are told', async () => {
  const { graph, change, replace } = await start({}, [])
  const query = '{ thing(id: 1) { name } }'
  expect(await post(at(graph), { query })).toMatchObject({
    status: 404,
    errors: [{ extensions: { code: 'NOT_FOUND' } }],
  })

  expect(await replace([shop])).toBe(true)
  expect((await post(at(graph), { query })).status).toBe(200)
  const stream = overSocket(`${at(graph)}/graphql`, live, { skus: ['b'] })
  await take(stream, 1)

  // It goes on where it is still valid.
  expect(await replace([shop, { name: 'all', include: [], exclude: [] }], (sdl) => `# newer\n${sdl}`)).toBe(true)
  expect((await post(at(graph, 'all'), { query: '{ thing(id: 1) { cost } }' })).data.thing.cost).toBe(7)
  change('b', 6, 'OUT_OF_STOCK')
  expect((await take(stream, 1))[0].data.availabilityChanged.status).toBe('OUT_OF_STOCK')

  // One of which nothing is left is refused as a whole.
  expect(await replace([{ name: 'shop', include: ['nobody'], exclude: [] }])).toBe(false)
  expect((await post(at(graph), { query })).status).toBe(200)

  // Other tags: what is known by its bytes is judged again.
  expect(await replace([{ ...shop, exclude: [] }])).toBe(true)
  expect((await post(at(graph), { query: '{ thing(id: 1) { cost } }' })).data.thing.cost).toBe(7)
  expect(await replace([shop], (sdl) => `# newest\n${sdl}`)).toBe(true)
  expect(code(await post(at(graph), { query: '{ thing(id: 1) { cost } }' }))).toBe('GRAPHQL_VALIDATION_FAILED')

  expect(await replace([])).toBe(true)
  expect((await post(at(graph), { query })).status).toBe(404)
  await expect(stream.next()).rejects.toMatchObject([{ extensions: { code: 'NOT_FOUND' } }])
})

test('GraphiQL of a contract asks the contract, and unknown contracts are not there', async () => {
  const { graph } = await start()
  const page = await fetch(at(graph))
  expect([page.status, page.url]).toEqual([200, `${at(graph)}/`])
  // The page finds its API from its own address.
  expect(await page.text()).toContain('"endpoint":"graphql"')
  for (const path of ['/', '/graphql', '/graphql/stream']) {
    expect((await fetch(`${at(graph, 'nobody')}${path}`)).status).toBe(404)
  }
  expect((await fetch(`${at(graph)}/health/ready`)).status).toBe(404)
  const socket = new WebSocket(`${at(graph, 'nobody').replace('http', 'ws')}/graphql`, 'graphql-transport-ws')
  const refused = await new Promise((resolve) =>
    socket.once('unexpected-response', (_, { statusCode }) => resolve(statusCode)),
  )
  expect(refused).toBe(404)
})
