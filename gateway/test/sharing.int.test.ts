import { eventually } from '@commerce/local/testing.ts'
import { SignJWT } from 'jose'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { type SubgraphSource, startGraph, type TestGraph } from './graph.ts'
import { localFeed } from './shop.ts'

const secret = 'a secret of at least thirty-two characters'
// While the gate is closed, reads wait in the subgraph.
let open: () => void
let gate = Promise.resolve()
function close() {
  gate = new Promise((resolve) => {
    open = resolve
  })
}
let price = 1
const sources: Record<string, SubgraphSource> = {
  catalog: {
    typeDefs: 'type Query { price: Int viewer: String broken: Int! } type Mutation { raise: Int }',
    resolvers: {
      Query: {
        price: async () => {
          const now = price
          await gate
          return now
        },
        viewer: async (_: unknown, _args: unknown, { headers }: { headers: Record<string, string> }) => {
          await gate
          return JSON.parse(Buffer.from(headers['x-viewer'] ?? '', 'base64url').toString() || '{}').id ?? 'nobody'
        },
        broken: async () => {
          await gate
          throw new Error('broken')
        },
      },
      Mutation: { raise: () => ++price },
    },
  },
}

const feed = localFeed()

let graph: TestGraph
beforeAll(async () => {
  graph = await startGraph(sources, { config: { tokens: { key: { secret }, issuer: null, audience: null } }, feed })
})
afterAll(() => graph.stop())
afterEach(() => open?.())

const asked = () => graph.subgraphs.catalog?.requests.length ?? 0
const token = async (id: string) => {
  const signed = await new SignJWT({}).setProtectedHeader({ alg: 'HS256' }).setSubject(id).sign(Buffer.from(secret))
  return { authorization: `Bearer ${signed}` }
}
/** A request that is known takes the way on which runs are shared. */
async function know(query: string) {
  await graph.ask(query)
  return asked()
}
const arrived = (count: number) => eventually(`request ${count}`, () => asked() === count)

test('clients that ask the same at the same time share one run', async () => {
  const before = await know('{ price }')
  close()
  const first = graph.ask('{ price }')
  await arrived(before + 1)
  const others = Array.from({ length: 20 }, () => graph.ask('{ price }'))
  const last = graph.ask('{ viewer }')
  await arrived(before + 2)
  open()
  expect(await first).toEqual({ status: 200, data: { price } })
  for (const answer of await Promise.all(others)) expect(answer).toEqual({ status: 200, data: { price } })
  expect((await last).data).toEqual({ viewer: 'nobody' })
  expect(asked()).toBe(before + 2)
})

test('viewers never share, however much the same they ask', async () => {
  const before = await know('{ viewer }')
  close()
  const headers = [{}, await token('ann'), await token('bob')]
  const answers = headers.flatMap((one) => [
    graph.ask('{ viewer }', undefined, one),
    graph.ask('{ viewer }', undefined, one),
  ])
  await arrived(before + 3)
  open()
  const viewers = (await Promise.all(answers)).map(({ data }) => data.viewer)
  expect(viewers).toEqual(['nobody', 'nobody', 'ann', 'ann', 'bob', 'bob'])
})

test('who asks after a mutation gets no answer that was begun before it', async () => {
  const before = await know('{ price }')
  close()
  const early = graph.ask('{ price }')
  await arrived(before + 1)
  const { data } = await graph.ask('mutation { raise }')
  const late = graph.ask('{ price }')
  await arrived(before + 3)
  open()
  expect((await late).data).toEqual({ price: data.raise })
  expect((await early).data).toEqual({ price: data.raise - 1 })
})

test('nor one that was begun before an event', async () => {
  const before = await know('{ price }')
  close()
  const early = graph.ask('{ price }')
  await arrived(before + 1)
  feed.publish('catalog.price.changed.a', 2)
  const late = graph.ask('{ price }')
  await arrived(before + 2)
  open()
  expect((await early).data).toEqual((await late).data)
})

test('a client that leaves does not take the answer from the others', async () => {
  const before = await know('{ price }')
  close()
  const leaving = new AbortController()
  const body = JSON.stringify({ query: '{ price }' })
  const gone = fetch(`${graph.gateway.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
    signal: leaving.signal,
  })
  await arrived(before + 1)
  const staying = graph.ask('{ price }')
  leaving.abort()
  await expect(gone).rejects.toThrow()
  open()
  expect((await staying).data).toEqual({ price })
})

test("a failed run is everyone's answer and is not remembered", async () => {
  const before = await know('{ broken }')
  close()
  const answers = [graph.ask('{ broken }'), graph.ask('{ broken }')]
  await eventually('a request', () => asked() > before)
  open()
  for (const { data, errors } of await Promise.all(answers)) {
    expect(data).toBeNull()
    expect(errors).toHaveLength(1)
  }
  const after = asked()
  await graph.ask('{ broken }')
  expect(asked()).toBe(after + 1)
})

test('nothing is shared when that is switched off', async () => {
  const alone = await startGraph(sources, { config: { shareInFlight: false } })
  try {
    await alone.ask('{ price }')
    const answers = await Promise.all(Array.from({ length: 5 }, () => alone.ask('{ price }')))
    expect(answers.map(({ data }) => data)).toEqual(answers.map(() => ({ price })))
    expect(alone.subgraphs.catalog?.requests).toHaveLength(6)
  } finally {
    await alone.stop()
  }
})
