// Long because each way in which a supergraph comes is one row over the same graph.
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { connectEvents } from '@commerce/events/connection.ts'
import { openSupergraphStore, publishSupergraph } from '@commerce/events/supergraph-store.ts'
import { eventually, restartNats, scratchFolder, testNats, whenDone } from '@commerce/local/testing.ts'
import { createLog } from '@commerce/service/log.ts'
import { parse } from 'graphql'
import { pino } from 'pino'
import { expect, test } from 'vitest'
import { gatewayDefaults } from '../src/config.ts'
import { type Gateway, startGateway } from '../src/server.ts'
import { planInWorker } from '../src/supergraph/planner.ts'
import { publishedSource } from '../src/supergraph/published.ts'
import { fileSource } from '../src/supergraph/source.ts'
import { compose, post, startGraph, startSubgraph } from './graph.ts'

const silent = createLog('test', 'silent')
const types = `
  type Query { hello: String product(id: ID!): Product products: [Product!]! }
  type Product @key(fields: "id") { id: ID! name: String }
`
const shelf = [1, 2, 3].map((id) => ({ id: String(id), name: `Product ${id}` }))
const products = {
  typeDefs: types,
  resolvers: {
    Query: {
      hello: () => 'hello',
      products: () => shelf,
      product: (_: unknown, { id }: { id: string }) => shelf.find((one) => one.id === id),
    },
  },
}
const prices = {
  typeDefs: 'type Product @key(fields: "id") { id: ID! price: Int }',
  resolvers: { Product: { __resolveReference: ({ id }: { id: string }) => ({ id, price: Number(id) * 10 }) } },
}

/** The same graph with one more field: what a release looks like. */
function withField(sdl: string, field: string): string {
  return sdl.replace('hello: String', `hello: String\n  ${field}: String`)
}

async function fieldsOf({ url }: { url: string }): Promise<string[]> {
  const { data } = await post(url, { query: '{ __type(name: "Query") { fields { name } } }' })
  return data.__type.fields.map(({ name }: { name: string }) => name)
}

/** A log that a test can read. */
/** A graph with the planner of production: what is replaced ends a thread. */
const startPlanning: typeof startGraph = (sources, options) =>
  startGraph(sources, { ...options, openPlanner: planInWorker })

function remembered() {
  const lines: { level: number; msg: string }[] = []
  const log = pino({ level: 'info' }, { write: (line: string) => void lines.push(JSON.parse(line)) })
  return { log, messages: () => lines.map(({ msg }) => msg) }
}

test('takes over a new supergraph under load: no request fails, and the operations in use are planned before', async () => {
  const graph = await startPlanning({ products, prices })
  whenDone(() => graph.stop())
  const queries = Array.from({ length: 40 }, (_, i) => `{ products { id name p${i}: price } }`)
  for (const query of queries) await graph.ask(query)

  let loading = true
  const times: number[] = []
  const failures: unknown[] = []
  const client = async (first: number) => {
    for (let i = first; loading; i++) {
      const before = performance.now()
      const { status, data, errors } = await graph.ask(queries[i % queries.length] as string)
      times.push(performance.now() - before)
      if (status !== 200 || errors || data.products.length !== 3) failures.push(errors)
    }
  }
  const clients = Array.from({ length: 200 }, (_, i) => client(i))
  await eventually('load', () => times.length > 400, 30_000)
  const usual = times.splice(0).sort((a, b) => a - b)
  for (const field of ['one', 'two', 'three']) {
    await writeFile(graph.file, withField(graph.supergraphSdl, field))
    expect(await graph.gateway.reload()).toBe(true)
  }
  await eventually('load after the swaps', () => times.length > 400, 30_000)
  loading = false
  await Promise.all(clients)
  times.sort((a, b) => a - b)
  const at = (list: number[], share: number) => Math.round(list[Math.floor((list.length - 1) * share)] as number)
  console.info(
    `${times.length} requests over 3 swaps: median ${at(times, 0.5)} ms, max ${at(times, 1)} ms (before: ${at(usual, 0.5)} and ${at(usual, 1)} ms)`,
  )
  expect(failures).toEqual([])
  expect(await fieldsOf(graph.gateway)).toContain('three')
}, 60_000)

test('a request ends on the supergraph that it began with', async () => {
  let release: (() => void) | undefined
  const held = new Promise<void>((resolve) => {
    release = resolve
  })
  let asked = false
  const graph = await startPlanning({
    products: {
      typeDefs: 'type Query { old: String new: String product: Product } type Product @key(fields: "id") { id: ID! }',
      resolvers: {
        Query: {
          product: async () => {
            asked = true
            await held
            return { id: '7' }
          },
        },
      },
    },
    prices,
  })
  whenDone(() => graph.stop())
  const answer = graph.ask('{ product { id price } }')
  await eventually('asked', () => asked)
  const { products: first } = graph.subgraphs
  await writeFile(
    graph.file,
    compose([{ ...(first as NonNullable<typeof first>), document: subgraph('type Query { old: String }') }]),
  )
  expect(await graph.gateway.reload()).toBe(true)
  expect((await graph.ask('{ product { id } }')).status).toBe(400)
  release?.()
  expect(await answer).toEqual({ status: 200, data: { product: { id: '7', price: 70 } } })
})

test('of two quick reloads the last one wins', async () => {
  const graph = await startPlanning({ products, prices })
  whenDone(() => graph.stop())
  await writeFile(graph.file, withField(graph.supergraphSdl, 'first'))
  const first = graph.gateway.reload()
  await writeFile(graph.file, withField(graph.supergraphSdl, 'second'))
  expect(await Promise.all([first, graph.gateway.reload()])).toEqual([true, true])
  const fields = await fieldsOf(graph.gateway)
  expect(fields).toContain('second')
  expect(fields).not.toContain('first')
})

test('keeps the supergraph that works, and says in one sentence why', async () => {
  const { log, messages } = remembered()
  const graph = await startPlanning({ products, prices }, { log })
  whenDone(() => graph.stop())
  await writeFile(graph.file, graph.supergraphSdl.replace('hello: String', 'hello: Nothing'))
  expect(await graph.gateway.reload()).toBe(false)
  expect((await graph.ask('{ hello }')).data).toEqual({ hello: 'hello' })
  const told = messages().filter((message) => message.includes('the old one stays'))
  expect(told).toHaveLength(1)
  expect(told[0]).toContain(graph.file)
  expect(told[0]).toContain('Nothing')
  await writeFile(graph.file, withField(graph.supergraphSdl, 'mended'))
  expect(await graph.gateway.reload()).toBe(true)
})

test('loads access rules, and refuses a rule that it does not know', async () => {
  const graph = await startPlanning({ products, prices })
  whenDone(() => graph.stop())
  const linked = (feature: string, name: string, args = '') =>
    graph.supergraphSdl
      .replace('schema\n', `schema\n  @link(url: "https://specs.apollo.dev/${feature}", for: SECURITY)\n`)
      .concat(`\ndirective @${name}${args} on FIELD_DEFINITION | OBJECT | INTERFACE | SCALAR | ENUM\n`)
  await writeFile(graph.file, linked('authenticated/v0.1', 'authenticated'))
  expect(await graph.gateway.reload()).toBe(true)
  await writeFile(graph.file, linked('unheard/v0.1', 'unheard'))
  expect(await graph.gateway.reload()).toBe(false)
})

test('plans recorded operations before anyone asks, and passes over what is no operation', async () => {
  const folder = scratchFolder('operations')
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, 'hello.graphql'), 'query Hello { hello ...Names }')
  await writeFile(join(folder, 'fragments.graphql'), 'fragment Names on Query { products { name } }')
  await writeFile(join(folder, 'hashes.json'), JSON.stringify({ abc: '{ products { price } }' }))
  const body = 'query Old { gone }'
  await writeFile(
    join(folder, 'apollo.json'),
    JSON.stringify({
      format: 'apollo-persisted-query-manifest',
      version: 1,
      operations: [{ id: 'x', name: 'Old', type: 'query', body }],
    }),
  )
  await writeFile(join(folder, 'broken.graphql'), 'query {')
  const { log, messages } = remembered()
  const graph = await startPlanning({ products, prices }, { log, config: { operations: folder } })
  whenDone(() => graph.stop())
  expect(messages().filter((message) => message.includes('broken.graphql'))).toHaveLength(1)
  // Nobody has asked for any of them.
  await eventually('planned', () => messages().includes('Of 3 recorded operations 2 are valid and planned.'))
})

test('refuses to start with a folder of operations that is not there', async () => {
  const config = { ...gatewayDefaults, port: 0, supergraph: 'nowhere', operations: '/nowhere/operations' }
  await expect(startGateway(config, silent)).rejects.toThrow('/nowhere/operations')
})

test('two gateways take over a published supergraph together, and both refuse a bad one', async () => {
  const { nats, connection, sdl, publish, start } = await publishing()
  await publish(sdl, 0)
  const first = await start()
  const second = await start()
  // Long enough to be ready before, also on a busy machine.
  const at = Date.now() + 5_000
  await publish(withField(sdl, 'news'), at)
  const seen = await Promise.all([first, second].map((gateway) => whenItHas(gateway, 'news')))
  for (const time of seen) expect(time).toBeGreaterThanOrEqual(at)
  expect(Math.abs((seen[0] as number) - (seen[1] as number))).toBeLessThan(500)

  await publish(sdl.replace('hello: String', 'hello: Nothing'), 0)
  for (const { messages } of [first, second])
    await eventually('refused', () => messages().some((message) => message.includes('the old one stays')))
  for (const gateway of [first, second]) expect(await fieldsOf(gateway)).toContain('news')

  // After NATS was away, what was published meanwhile is found.
  await nats.kill()
  await eventually('NATS gone', () => !connection.connected)
  await restartNats(nats)
  await eventually('NATS back', () => connection.connected)
  await publish(withField(sdl, 'later'), 0)
  for (const gateway of [first, second]) await whenItHas(gateway, 'later')
})

test('starts with the fallback while nothing is published, and without one says what to do', async () => {
  const { sdl, publish, start } = await publishing()
  await expect(start()).rejects.toThrow('npm run gateway -- --publish')
  const folder = scratchFolder('fallback')
  await mkdir(folder, { recursive: true })
  const file = join(folder, 'supergraph.graphql')
  await writeFile(file, withField(sdl, 'spare'))
  const gateway = await start(file)
  expect(gateway.messages()).toContainEqual(expect.stringContaining('Starting with the supergraph in'))
  expect(await fieldsOf(gateway)).toContain('spare')
  await publish(withField(sdl, 'proper'), 0)
  await whenItHas(gateway, 'proper')
})

test('publishes a supergraph of several megabytes, and says the sizes of one that is too large', async () => {
  const { sdl, connection } = await publishing()
  const large = `${sdl}\n${'# the same again\n'.repeat(200_000)}`
  expect(await publishSupergraph(connection, 'large', { sdl: large, swapAt: 0 })).toBe(1)
  const noise = Array.from({ length: 400_000 }, (_, i) => `# ${Math.sin(i)}`).join('\n')
  await expect(publishSupergraph(connection, 'large', { sdl: noise, swapAt: 0 })).rejects.toThrow('max_payload')
})

async function whenItHas(gateway: Gateway, field: string): Promise<number> {
  return eventually(`the field ${field}`, async () => (await fieldsOf(gateway)).includes(field) && Date.now())
}

/** A NATS server with the means to publish on it and to start gateways that follow it. */
async function publishing() {
  const nats = await testNats()
  const connection = await connectEvents({ url: nats.url, name: 'publisher', log: silent })
  whenDone(() => connection.close())
  const subgraphs = await Promise.all([startSubgraph('products', products), startSubgraph('prices', prices)])
  for (const subgraph of subgraphs) whenDone(() => subgraph.stop())
  return {
    nats,
    connection,
    sdl: compose(subgraphs),
    publish: (sdl: string, swapAt: number) => publishSupergraph(connection, 'current', { sdl, swapAt }),
    async start(fallback?: string) {
      const { log, messages } = remembered()
      const source = publishedSource({
        store: openSupergraphStore({ url: nats.url, name: 'gateway', log }, 'current'),
        place: 'published on NATS as "current"',
        waitMs: 1_000,
        fallback: fallback === undefined ? null : fileSource(fallback, 0),
        log,
      })
      const config = { ...gatewayDefaults, port: 0, supergraph: 'nats' }
      const gateway = await startGateway(config, log, null, source)
      whenDone(() => gateway.stop())
      return { ...gateway, messages }
    },
  }
}

function subgraph(sdl: string) {
  return parse(`extend schema @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key"])\n${sdl}`)
}
