// Long because each way to come back is one test over the same shop.
import { readFile } from 'node:fs/promises'
import { eventually } from '@commerce/local/testing.ts'
import { expect, test } from 'vitest'
import { writeCursor } from '../src/subscribe/cursor.ts'
import { metric } from './event-streams.ts'
import { afterwards, follow, socketUrl, startShop, tokenFor } from './live-graph.ts'
import { live, type Payloads, subject, take } from './shop.ts'

const skus = { skus: ['a.1', 'b'] }

const versionOf = ({ data }: { data: { availabilityChanged: { version: number } } }) => data.availabilityChanged.version

/** The next payloads as their version and what is told beside it. */
async function next(stream: Payloads, count: number) {
  return (await take(stream, count)).map((payload) => [versionOf(payload), payload.extensions])
}

/** The payloads up to this version. */
async function until(stream: Payloads, version: number) {
  const all = await next(stream, 1)
  while (all.at(-1)?.[0] !== version) all.push(...(await next(stream, 1)))
  return all
}

/** What the last of these payloads says that its client has. */
async function cursorAfter(stream: Payloads, count: number): Promise<string> {
  return (await take(stream, count)).at(-1).extensions.cursor
}

test('who asks for cursors gets one with the last message of the state and with each change; others get none', async () => {
  const { graph, change } = await startShop()
  const stream = follow(graph, live, skus, { since: null })
  const plain = follow(graph, live, skus)
  expect(await next(stream, 2)).toEqual([
    [1, undefined],
    [5, { cursor: expect.any(String) }],
  ])
  expect(await next(plain, 2)).toEqual([1, 5].map((version) => [version, undefined]))
  change('a.1', 2)
  expect(await next(stream, 1)).toEqual([[2, { cursor: writeCursor({ stream: 'test', seq: 1 }) }]])
  expect(await next(plain, 1)).toEqual([[2, undefined]])
})

test('who says where it was gets what changed since, and then every change', async () => {
  const { graph, change } = await startShop()
  const since = await cursorAfter(follow(graph, live, skus, { since: null }), 2)
  const unchanged = follow(graph, live, skus, { since })
  const told = until(unchanged, 6)
  await eventually('both follow', async () => (await metric(graph, 'gateway_subscriptions')) === 2)
  change('b', 6)
  // What changes while it joins may come in two steps; what did not change does not come.
  expect((await told).filter(([version]) => version === 1)).toEqual([])

  const again = follow(graph, live, skus, { since })
  expect(await next(again, 1)).toEqual([[6, { cursor: writeCursor({ stream: 'test', seq: 1 }) }]])
  change('a.1', 2)
  expect(await next(again, 1)).toEqual([[2, { cursor: writeCursor({ stream: 'test', seq: 2 }) }]])
})

test('what was not read yet is not behind a cursor', async () => {
  const { graph, change, state } = await startShop()
  const stream = follow(graph, live, skus, { since: null })
  await take(stream, 2)
  const gate = Promise.withResolvers<void>()
  state.gate = gate.promise
  const reads = state.reads
  change('a.1', 2)
  await eventually('the read of the first', () => state.reads > reads)
  state.gate = undefined
  change('b', 6)
  const early = await take(stream, 1)
  expect([versionOf(early[0]), early[0].extensions.cursor]).toEqual([6, writeCursor({ stream: 'test', seq: 0 })])
  gate.resolve()
  expect(await next(stream, 1)).toEqual([[2, { cursor: writeCursor({ stream: 'test', seq: 2 }) }]])
  const back = await next(follow(graph, live, skus, { since: early[0].extensions.cursor }), 2)
  expect(back.map(([version]) => version)).toEqual([2, 6])
})

test('a cursor says nothing of what may have been missed until everything was read anew', async () => {
  const { graph, feed, stock, change } = await startShop()
  const stream = follow(graph, live, skus, { since: null })
  const since = await cursorAfter(stream, 2)
  feed.lose()
  change('a.1', 2)
  expect(await next(stream, 1)).toEqual([[2, undefined]])
  stock.set('b', { version: 7, status: 'IN_STOCK' })
  feed.recover(false)
  expect(await next(stream, 1)).toEqual([[7, undefined]])
  change('a.1', 3)
  expect(await next(stream, 1)).toEqual([[3, { cursor: writeCursor({ stream: 'test', seq: 2 }) }]])
  expect(since).toBe(writeCursor({ stream: 'test', seq: 0 }))
})

test.each([
  ['CURSOR_OF_ANOTHER_STREAM', { stream: 'before', seq: 3 }],
  ['CURSOR_OF_ANOTHER_STREAM', { stream: 'test', seq: 900 }],
  ['CURSOR_TOO_OLD', { stream: 'test', seq: 3 }],
])('who cannot go on is told %s, and gets everything anew', async (code, cursor) => {
  const { graph, feed, change } = await startShop()
  for (let version = 6; version < 26; version++) change('b', version)
  feed.first = 10
  const stream = follow(graph, live, skus, { since: writeCursor(cursor) })
  expect(await next(stream, 2)).toEqual([
    [1, { reset: { code, message: expect.any(String) } }],
    [25, { cursor: writeCursor({ stream: 'test', seq: 20 }) }],
  ])
})

test('who cannot be told now gets everything anew', async () => {
  const { graph, feed } = await startShop()
  feed.lastEvents = async () => {
    throw new Error('no')
  }
  const stream = follow(graph, live, skus, { since: writeCursor({ stream: 'test', seq: 0 }) })
  expect((await next(stream, 2))[0]).toEqual([1, { reset: expect.objectContaining({ code: 'EVENTS_UNAVAILABLE' }) }])
})

test('another gateway may have been ahead', async () => {
  const { graph, feed, stock } = await startShop()
  const first = follow(graph, live, skus, { since: writeCursor({ stream: 'test', seq: 0 }) })
  stock.set('b', { version: 6, status: 'IN_STOCK' })
  // In the stream, and not heard here yet.
  feed.end = 1
  const stream = follow(graph, live, skus, { since: writeCursor({ stream: 'test', seq: 1 }) })
  const told = until(stream, 2)
  await eventually('both', async () => (await metric(graph, 'gateway_subscriptions')) === 2)
  feed.end = 0
  feed.publish(subject('b'), 6)
  stock.set('a.1', { version: 2, status: 'IN_STOCK' })
  feed.publish(subject('a.1'), 2)
  const all = await told
  expect(
    all.filter(([version, extensions]) => (version as number) > 4 || (extensions as { reset?: unknown })?.reset),
  ).toEqual([])
  await first.return?.()
})

test.each([5, 'nonsense', '', 'x'.repeat(300), {}])('%j is no cursor', async (since) => {
  const { graph } = await startShop()
  await expect(take(follow(graph, live, skus, { since }), 1)).rejects.toMatchObject([
    { message: expect.stringContaining('extensions.since'), extensions: { code: 'BAD_USER_INPUT' } },
  ])
})

test('over Server-Sent Events the cursor is the id with which a browser comes back', async () => {
  const { graph, change } = await startShop()
  const search = new URLSearchParams({ query: live, variables: JSON.stringify(skus), extensions: '{"since":null}' })
  const ask = async (headers: Record<string, string> = {}) => {
    const leaving = new AbortController()
    afterwards(() => leaving.abort())
    const response = await fetch(`${graph.gateway.url}/graphql/stream?${search}`, {
      headers: { accept: 'text/event-stream', ...headers },
      signal: leaving.signal,
    })
    let text = ''
    void (async () => {
      for await (const chunk of response.body as ReadableStream<Uint8Array>) text += Buffer.from(chunk).toString()
    })().catch(() => {})
    return () => text
  }
  const first = await ask()
  await eventually('the state', () => first().includes('"version":5'))
  const id = /^id: (\S+)$/m.exec(first())?.[1] ?? ''
  expect(id).toBe(writeCursor({ stream: 'test', seq: 0 }))
  change('b', 6)
  const second = await ask({ 'last-event-id': id })
  await eventually('the change', () => second().includes('"version":6'))
  expect(second()).not.toContain('"version":1,')
  const refused = await ask({ 'last-event-id': 'nonsense' })
  await eventually('the refusal', () => refused().includes('BAD_USER_INPUT'))
})

test('the client of the documentation, without a library, goes on where it was', async () => {
  const page = await readFile(new URL('../../docs/subscriptions.md', import.meta.url), 'utf8')
  const code = /```js\n(export async function\* followSocket.*?\n\}\n)/s.exec(page)?.[1] as string
  const { followSocket } = await import(`data:text/javascript,${encodeURIComponent(code)}`)
  const { graph, change } = await startShop()
  const leaving = new AbortController()
  afterwards(() => leaving.abort())
  const token = async () => (await tokenFor('ann')).slice('Bearer '.length)
  const request = { url: socketUrl(graph), query: live, variables: skus, token, signal: leaving.signal }
  const sockets: WebSocket[] = []
  class Watched extends WebSocket {
    constructor(url: string | URL, protocol?: string | string[]) {
      super(url, protocol)
      sockets.push(this)
    }
  }
  const original = globalThis.WebSocket
  globalThis.WebSocket = Watched
  afterwards(() => {
    globalThis.WebSocket = original
  })
  const stream: Payloads = followSocket(request)
  expect((await take(stream, 2)).map(versionOf)).toEqual([1, 5])
  sockets[0]?.close(3000)
  const coming = take(stream, 1)
  change('b', 6)
  expect((await coming).map(versionOf)).toEqual([6])
  expect(sockets).toHaveLength(2)
  const last = take(stream, 1)
  leaving.abort()
  expect(await last).toEqual([])
  await eventually('released', async () => (await metric(graph, 'gateway_live_operations')) === 0)
  await expect(take(followSocket({ ...request, signal: undefined, token: () => 'none' }), 1)).rejects.toThrow(
    'not valid',
  )
  const bad = followSocket({ ...request, signal: undefined, query: 'subscription { nope }' })
  await expect(take(bad, 1)).rejects.toThrow('nope')
})
