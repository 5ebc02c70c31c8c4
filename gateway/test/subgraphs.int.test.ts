// Long because each way to misbehave is one test over the same small server.
import { getEventListeners } from 'node:events'
import type { ServerResponse } from 'node:http'
import { gzipSync } from 'node:zlib'
import { eventually } from '@commerce/local/testing.ts'
import { describe, expect, test } from 'vitest'
import { retryAfterMs } from '../src/subgraphs/retry.ts'
import {
  answer,
  clientOf,
  failureOf,
  query,
  rawSubgraph,
  type ScriptedSubgraph,
  scriptedSubgraph,
} from './subgraph-server.ts'

const mutation = query({ repeatable: false })
const steady = { windowMs: 60_000, least: 4, restMs: 60_000, maxRestMs: 60_000 }
const never = { ...steady, least: 100_000 }
const fail =
  (status: number, headers: Record<string, string> = {}) =>
  (asked: { response: ServerResponse }) => {
    asked.response.writeHead(status, headers).end()
  }

async function one(
  options: Parameters<typeof clientOf>[1] = {},
): Promise<[ReturnType<typeof clientOf>, ScriptedSubgraph]> {
  const subgraph = await scriptedSubgraph()
  return [clientOf({ stock: subgraph.url }, { breaker: never, ...options }), subgraph]
}

test('sends the body and the headers, asks for no compression, and says how many milliseconds are left', async () => {
  const [client, stock] = await one({ timeoutMs: 3_000 })
  await client.send('stock', '{"query":"{ a }"}', query({ headers: { 'x-viewer': 'ann' } }))
  await client.send('stock', '{}', query({ deadline: performance.now() + 500 }))
  const [first, second] = stock.requests
  expect(first).toMatchObject({ path: '/graphql', body: '{"query":"{ a }"}' })
  expect(first?.headers).toMatchObject({ 'x-viewer': 'ann', 'accept-encoding': 'identity' })
  const left = stock.requests.map(({ headers }) => Number(headers['x-request-timeout-ms']))
  expect(left[0]).toBeGreaterThan(2_000)
  expect(left[0]).toBeLessThanOrEqual(3_000)
  expect(left[1]).toBeGreaterThan(0)
  expect(left[1]).toBeLessThanOrEqual(500)
  expect(second?.body).toBe('{}')
})

test('reports every call with its outcome, status, bytes and repeats', async () => {
  const [client, stock] = await one({ retry: { repeats: 1, pauseMs: 1 } })
  stock.answers(({ response }, index) => {
    if (index === 0) answer(response, '{"data":{"a":1}}')
    else if (index === 1) answer(response, '{"data":null,"errors":[{"message":"no"}]}')
    else if (index === 2) answer(response, 'oops')
    else response.writeHead(502).end('down')
  })
  await client.send('stock', '{}', query())
  await client.send('stock', '{}', query())
  await failureOf(client.send('stock', '{}', query()))
  await failureOf(client.send('stock', '{}', query()))
  expect(client.reports.map(({ outcome, status, bytes, repeats }) => [outcome, status, bytes, repeats])).toEqual([
    ['ok', 200, 16, 0],
    ['error', 200, 41, 0],
    ['malformed', 200, 4, 0],
    ['unavailable', 502, 8, 1],
  ])
  for (const { service, ms } of client.reports) expect([service, ms > 0]).toEqual(['stock', true])
  expect(client.states().stock).toMatchObject({ state: 'down', circuit: 'closed', running: 0, waiting: 0 })
})

test('an address that is missing or no URL is a failure of that subgraph', async () => {
  const client = clientOf({ odd: 'nowhere' })
  expect(await failureOf(client.send('odd', '{}', query()))).toMatchObject({ code: 'SUBGRAPH_UNAVAILABLE' })
  expect(await failureOf(client.send('unknown', '{}', query()))).toMatchObject({ code: 'SUBGRAPH_UNAVAILABLE' })
})

describe('reading', () => {
  const said = async (text: string | Buffer, headers: Record<string, string> = {}, maxAnswerBytes = 1_000) => {
    const [client, stock] = await one({ maxAnswerBytes })
    stock.answers(({ response }) => response.writeHead(200, headers).end(text))
    return client.send('stock', '{}', query())
  }

  test('characters may be split between packets', async () => {
    const text = '{"data":{"a":"grüße 你好 🎁"}}'
    const bytes = Buffer.from(text)
    // One packet for each byte, each written when the one before is on its way.
    const url = await rawSubgraph((socket) => {
      socket.setNoDelay(true).once('data', () => {
        const parts = [...bytes].map((byte) => Buffer.from([byte]))
        socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${bytes.length}\r\n\r\n`, function next() {
          const part = parts.shift()
          if (part) setImmediate(() => socket.write(part, next))
        })
      })
    })
    expect(await clientOf({ stock: url }).send('stock', '{}', query())).toMatchObject({
      ...JSON.parse(text),
      errors: [],
    })
  })

  test('a byte order mark is passed over, and a broken byte becomes U+FFFD', async () => {
    expect((await said('\ufeff{"data":{"a":1}}')).data).toEqual({ a: 1 })
    expect((await said(Buffer.from('{"data":{"a":"x\xff"}}', 'latin1'))).data).toEqual({ a: 'x\ufffd' })
  })

  test('a page is named by its type', async () => {
    const failure = await failureOf(said('<html>', { 'content-type': 'text/html; charset=utf-8' }))
    expect(failure).toMatchObject({
      code: 'SUBGRAPH_MALFORMED',
      message: 'Subgraph "stock" did not answer with JSON but with text/html.',
    })
  })

  test('a compressed answer is refused, because it was not asked for', async () => {
    const failure = await failureOf(said(gzipSync('{"data":{}}'), { 'content-encoding': 'gzip' }))
    expect(failure.code).toBe('SUBGRAPH_MALFORMED')
    expect(failure.message).toContain('compressed')
  })

  test.each([
    ['announced', { 'content-length': '1001' }, 1],
    ['in chunks', {}, 1_001],
  ])(
    'an answer that is too large (%s) is not read to its end, and its connection is closed',
    async (_how, headers, size) => {
      const [client, stock] = await one({ maxAnswerBytes: 1_000 })
      stock.answers(({ response }) => response.writeHead(200, headers).write('x'.repeat(size)))
      expect(await failureOf(client.send('stock', '{}', query()))).toMatchObject({ code: 'SUBGRAPH_MALFORMED' })
      await eventually('closed', () => stock.connections() === 0)
      expect(client.reports[0]?.bytes).toBeLessThanOrEqual(size)
    },
  )
})

describe('a subgraph that is late', () => {
  const soon = { timeoutMs: 400 }

  test.each([
    ['never answers', () => {}],
    ['stops in the middle of the body', (response: ServerResponse) => response.writeHead(200).write('{"da')],
    [
      'sends its answer byte by byte for ever',
      (response: ServerResponse) => {
        const timer = setInterval(() => response.write(' '), 5)
        response.on('close', () => clearInterval(timer))
      },
    ],
  ])('%s: fails in time, once, and its connection is closed', async (_how, misbehave) => {
    const [client, stock] = await one(soon)
    stock.answers(({ response }) => void misbehave(response))
    expect(await failureOf(client.send('stock', '{}', query()))).toMatchObject({
      code: 'SUBGRAPH_TIMEOUT',
      message: 'Subgraph "stock" did not answer within 400 ms.',
    })
    await eventually('the subgraph sees it', () => stock.requests[0]?.gone)
    expect(stock.requests).toHaveLength(1)
    expect(client.states().stock?.state).toBe('down')
  })

  test('sends headers without end, slowly or fast: fails either way', async () => {
    const slow = await rawSubgraph((socket) => {
      socket.write('HTTP/1.1 200 OK\r\n')
      const timer = setInterval(() => socket.write('x-more: y\r\n'), 5)
      socket.on('close', () => clearInterval(timer))
    })
    const fast = await rawSubgraph((socket) => {
      socket.write(`HTTP/1.1 200 OK\r\n${'x-more: y\r\n'.repeat(10_000)}`)
    })
    expect((await failureOf(clientOf({ slow }, soon).send('slow', '{}', query()))).code).toBe('SUBGRAPH_TIMEOUT')
    expect((await failureOf(clientOf({ fast }).send('fast', '{}', query()))).code).toBe('SUBGRAPH_UNAVAILABLE')
  })

  test('is not waited for longer than the deadline of the operation, and is not blamed for a short one', async () => {
    const [client, stock] = await one({ timeoutMs: 60_000, breaker: { ...steady, least: 1 } })
    stock.answers(() => {})
    const begun = performance.now()
    const failure = await failureOf(client.send('stock', '{}', query({ deadline: begun + 100 })))
    expect(failure).toMatchObject({
      code: 'SUBGRAPH_TIMEOUT',
      message: 'Subgraph "stock" did not answer before the deadline of the operation.',
    })
    expect(performance.now() - begun).toBeLessThan(5_000)
    expect(client.states().stock).toMatchObject({ state: 'unknown', circuit: 'closed' })
  })

  test('is not asked at all after the deadline', async () => {
    const [client, stock] = await one()
    expect((await failureOf(client.send('stock', '{}', query({ deadline: performance.now() - 1 })))).code).toBe(
      'SUBGRAPH_TIMEOUT',
    )
    await client.send('stock', '{"last":1}', query())
    expect(stock.requests.map(({ body }) => body)).toEqual(['{"last":1}'])
  })
})

describe('a client that goes away', () => {
  test('ends the request, and the subgraph sees it', async () => {
    const [client, stock] = await one({ breaker: { ...steady, least: 1 } })
    stock.answers(() => {})
    const gone = new AbortController()
    const sent = failureOf(client.send('stock', '{}', query({ signal: gone.signal })))
    await eventually('asked', () => stock.requests.length === 1)
    gone.abort()
    expect((await sent).code).toBe('REQUEST_ABORTED')
    await eventually('seen', () => stock.requests[0]?.gone)
    expect(client.reports.map(({ outcome }) => outcome)).toEqual(['aborted'])
    expect(client.states().stock?.circuit).toBe('closed')
  })

  test('before the request was sent keeps it from being sent', async () => {
    const [client, stock] = await one()
    expect((await failureOf(client.send('stock', '{}', query({ signal: AbortSignal.abort() })))).code).toBe(
      'REQUEST_ABORTED',
    )
    await client.send('stock', '{"last":1}', query())
    expect(stock.requests.map(({ body }) => body)).toEqual(['{"last":1}'])
  })
})

test('a request that is given up while its connection is made is not sent', async () => {
  const [client, stock] = await one()
  const gone = new AbortController()
  const sent = failureOf(client.send('stock', '{}', query({ signal: gone.signal })))
  gone.abort()
  expect((await sent).code).toBe('REQUEST_ABORTED')
  await client.send('stock', '{"last":1}', query())
  expect(stock.requests.map(({ body }) => body)).toEqual(['{"last":1}'])
})

test('a request that cannot be written as HTTP is a failure of its own, not of the subgraph', async () => {
  const [client] = await one({ breaker: { ...steady, least: 1 } })
  const failure = await failureOf(client.send('stock', '{}', query({ headers: { viewer: 'a\nb' } })))
  expect(failure.message).toBe('Subgraph "stock" was not asked: the request cannot be written as HTTP.')
  expect(client.states().stock).toMatchObject({ circuit: 'closed', state: 'unknown' })
})

test('a call that has ended leaves nothing behind at the signal of its operation', async () => {
  const [client, stock] = await one({ retry: { repeats: 0, pauseMs: 1 } })
  const { signal } = new AbortController()
  await client.send('stock', '{}', query({ signal }))
  stock.answers(fail(503))
  await failureOf(client.send('stock', '{}', query({ signal })))
  expect(getEventListeners(signal, 'abort')).toEqual([])
})

describe('sending again', () => {
  const quick = { retry: { repeats: 2, pauseMs: 1 } }

  test('a query whose connection broke is sent up to three times, a mutation once', async () => {
    const [client, stock] = await one(quick)
    stock.answers(({ response }) => response.socket?.destroy())
    expect((await failureOf(client.send('stock', '{}', query()))).code).toBe('SUBGRAPH_UNAVAILABLE')
    expect(stock.requests).toHaveLength(3)
    expect((await failureOf(client.send('stock', '{}', mutation))).code).toBe('SUBGRAPH_UNAVAILABLE')
    expect(stock.requests).toHaveLength(4)
  })

  test('a query is sent again after 429, 502, 503 and 504, but not after 500', async () => {
    const [client, stock] = await one(quick)
    for (const [status, times] of [
      [429, 2],
      [502, 2],
      [503, 2],
      [504, 2],
      [500, 1],
    ] as const) {
      const before = stock.requests.length
      stock.answers(({ response }, index) => {
        if (index === before) fail(status)({ response })
        else answer(response, '{"data":{}}')
      })
      await client.send('stock', '{}', query()).catch(() => {})
      expect([status, stock.requests.length - before]).toEqual([status, times])
    }
  })

  test('a status that tells to come back later is named', async () => {
    const [client, stock] = await one(quick)
    stock.answers(fail(429))
    expect(await failureOf(client.send('stock', '{}', query()))).toMatchObject({
      code: 'SUBGRAPH_UNAVAILABLE',
      message: 'Subgraph "stock" answered with status 429.',
    })
  })

  test('waits as long as Retry-After says', async () => {
    const [client, stock] = await one(quick)
    stock.answers(({ response }, index) => {
      if (index === 0) fail(503, { 'retry-after': '1' })({ response })
      else answer(response, '{"data":{"a":1}}')
    })
    expect((await client.send('stock', '{}', query())).data).toEqual({ a: 1 })
    const [first, second] = stock.requests
    expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThanOrEqual(990)
  })

  test('fails at once when Retry-After is beyond the deadline', async () => {
    const [client, stock] = await one({ ...quick, timeoutMs: 10_000 })
    stock.answers(fail(503, { 'retry-after': '30' }))
    const begun = performance.now()
    expect(await failureOf(client.send('stock', '{}', query()))).toMatchObject({
      code: 'SUBGRAPH_UNAVAILABLE',
      message: 'Subgraph "stock" answered with status 503.',
    })
    expect(performance.now() - begun).toBeLessThan(5_000)
    expect(stock.requests).toHaveLength(1)
  })

  test.each([
    ['7', 7_000],
    ['Tue, 24 Nov 2026 10:00:09 GMT', 9_000],
    ['Tue, 24 Nov 2026 09:59:00 GMT', 0],
    ['soon', null],
    ['-5', null],
    [null, null],
  ])('reads Retry-After %s as %s ms', (value, ms) => {
    expect(retryAfterMs(value, Date.UTC(2026, 10, 24, 10, 0, 0))).toBe(ms)
  })

  test('adds at most a tenth to the load of a subgraph that is down, but for the first ten', async () => {
    const [client, stock] = await one(quick)
    stock.answers(fail(503))
    for (let call = 0; call < 100; call++) await failureOf(client.send('stock', '{}', query()))
    expect(stock.requests.length).toBeGreaterThan(110)
    expect(stock.requests.length).toBeLessThanOrEqual(120)
  })

  test('a client that goes away while a repeat waits ends it', async () => {
    const [client, stock] = await one({ ...quick, timeoutMs: 60_000 })
    stock.answers(fail(503, { 'retry-after': '30' }))
    const gone = new AbortController()
    const sent = failureOf(client.send('stock', '{}', query({ signal: gone.signal })))
    await eventually(
      'answered once',
      () => stock.requests[0]?.response.writableFinished && client.states().stock?.running === 0,
    )
    gone.abort()
    expect((await sent).code).toBe('REQUEST_ABORTED')
    expect(stock.requests).toHaveLength(1)
  })
})

describe('the circuit of a subgraph', () => {
  const direct = { repeats: 0, pauseMs: 1 }
  const breaking = { breaker: steady, retry: direct }
  const healing = { breaker: { ...steady, restMs: 30, maxRestMs: 30 }, retry: direct }

  async function opened(options: Parameters<typeof one>[0]) {
    const [client, stock] = await one(options)
    stock.answers(fail(503))
    for (let call = 0; call < 4; call++) await failureOf(client.send('stock', '{}', query()))
    return [client, stock] as const
  }

  test.each([
    ['502 pages', fail(502)],
    ['broken connections', ({ response }: { response: ServerResponse }) => void response.socket?.destroy()],
    ['timeouts', () => {}],
  ])('opens after %s: then calls fail at once, and say since when and until when', async (_what, misbehave) => {
    const [client, stock] = await one({ ...breaking, timeoutMs: 300 })
    stock.answers(misbehave)
    for (let call = 0; call < 4; call++) await failureOf(client.send('stock', '{}', query()))
    expect(client.states().stock).toMatchObject({ circuit: 'open', state: 'down' })
    const failure = await failureOf(client.send('stock', '{}', query()))
    expect(failure.code).toBe('SUBGRAPH_UNAVAILABLE')
    expect(failure.message).toMatch(
      /^Subgraph "stock" has been failing since \d{4}-\d\d-\d\dT[\d:.]+Z and is tried again in \d+ ms\.$/,
    )
    expect(stock.requests).toHaveLength(4)
  })

  test('stays closed when half of the calls succeed', async () => {
    const [client, stock] = await one(breaking)
    stock.answers(({ response }, index) => {
      if (index % 2 === 1) fail(503)({ response })
      else answer(response, '{"data":{}}')
    })
    for (let call = 0; call < 20; call++) await client.send('stock', '{}', query()).catch(() => {})
    expect(stock.requests).toHaveLength(20)
  })

  test('stays closed after GraphQL errors, also with status 500, and after answers that cannot be read', async () => {
    const [client, stock] = await one(breaking)
    stock.answers(({ response }, index) => {
      if (index % 3 === 0) answer(response, '{"errors":[{"message":"no"}]}')
      else if (index % 3 === 1) answer(response, '<html>')
      else
        response
          .writeHead(500, { 'content-type': 'application/graphql-response+json' })
          .end('{"errors":[{"message":"no"}]}')
    })
    for (let call = 0; call < 12; call++) await client.send('stock', '{}', query()).catch(() => {})
    expect(stock.requests).toHaveLength(12)
    expect(client.states().stock).toMatchObject({ circuit: 'closed', state: 'up' })
  })

  test('lets one call through after its rest, while others still fail at once, and closes when that succeeds', async () => {
    // With one connection, so that the others would wait for the trial's.
    const [client, stock] = await opened({ ...healing, connections: 1 })
    stock.answers(() => {})
    const trial = await eventually('a trial is sent', async () => {
      const sent = client.send('stock', '{}', query())
      sent.catch(() => {})
      if (client.states().stock?.circuit !== 'half-open') return null
      return { sent }
    })
    const other = await failureOf(client.send('stock', '{}', query()))
    expect(other.message).toContain('is being tried now')
    await eventually('it arrives', () => stock.requests.length === 5)
    answer(stock.requests[4]?.response as ServerResponse, '{"data":{"a":1}}')
    expect((await trial.sent).data).toEqual({ a: 1 })
    expect(client.states().stock).toMatchObject({ circuit: 'closed', state: 'up' })
    stock.answers(({ response }) => answer(response, '{"data":{}}'))
    await Promise.all([1, 2, 3].map(() => client.send('stock', '{}', query())))
  })

  test('opens again when the trial fails, and when the trial was given up', async () => {
    const [client, stock] = await opened(healing)
    const gone = new AbortController()
    stock.answers(() => gone.abort())
    await eventually('given up', async () => {
      const { code } = await failureOf(client.send('stock', '{}', query({ signal: gone.signal })))
      return code === 'REQUEST_ABORTED' && stock.requests.length === 5
    })
    expect(client.states().stock?.circuit).toBe('open')
    stock.answers(fail(503))
    await eventually('tried again', async () => {
      await failureOf(client.send('stock', '{}', query()))
      return stock.requests.length === 6
    })
    expect(client.states().stock?.circuit).toBe('open')
  })

  test('keeps calls from being sent that waited for a connection when it opened', async () => {
    const [client, stock] = await one({ ...breaking, connections: 1 })
    stock.answers(fail(503))
    const calls = await Promise.all(Array.from({ length: 8 }, () => failureOf(client.send('stock', '{}', query()))))
    expect(calls.filter(({ message }) => message.includes('has been failing since'))).toHaveLength(4)
    expect(stock.requests).toHaveLength(4)
  })

  test('of one subgraph is no matter of another', async () => {
    const [stock, price] = [await scriptedSubgraph(), await scriptedSubgraph()]
    const client = clientOf({ stock: stock.url, price: price.url }, breaking)
    stock.answers(fail(503))
    for (let call = 0; call < 6; call++) await failureOf(client.send('stock', '{}', query()))
    expect(client.states().stock?.circuit).toBe('open')
    expect((await client.send('price', '{}', query())).data).toEqual({})
  })
})

describe('at most so many at a time', () => {
  const narrow = { connections: 2, waiting: 1, timeoutMs: 60_000 }

  async function filled() {
    const [client, stock] = await one(narrow)
    stock.answers(() => {})
    const running = [1, 2].map(() => client.send('stock', '{}', query()))
    for (const call of running) call.catch(() => {})
    await eventually('both run', () => stock.requests.length === 2)
    const free = (index: number) => answer(stock.requests[index]?.response as ServerResponse, '{"data":{}}')
    return { client, stock, running, free }
  }

  test('one more waits its turn, and what is beyond fails at once', async () => {
    const { client, stock, running, free } = await filled()
    const waiting = client.send('stock', '{"third":1}', query())
    expect(client.states().stock).toMatchObject({ running: 2, waiting: 1 })
    expect(await failureOf(client.send('stock', '{}', query()))).toMatchObject({
      code: 'SUBGRAPH_OVERLOADED',
      message: 'Subgraph "stock" is not asked: 2 requests are running and 1 are waiting already.',
    })
    stock.answers(({ response }) => answer(response, '{"data":{"turn":3}}'))
    free(0)
    expect((await waiting).data).toEqual({ turn: 3 })
    free(1)
    await Promise.all(running)
    expect(client.states().stock).toMatchObject({ running: 0, waiting: 0, circuit: 'closed' })
    expect(stock.connections()).toBeLessThanOrEqual(2)
  })

  test('one that waits leaves when its client goes or its deadline passes, and is never sent', async () => {
    const { client, stock, running, free } = await filled()
    const gone = new AbortController()
    const first = failureOf(client.send('stock', '{"gone":1}', query({ signal: gone.signal })))
    gone.abort()
    expect((await first).code).toBe('REQUEST_ABORTED')
    const late = client.send('stock', '{"late":1}', query({ deadline: performance.now() + 50 }))
    expect((await failureOf(late)).code).toBe('SUBGRAPH_TIMEOUT')
    expect(client.states().stock).toMatchObject({ running: 2, waiting: 0 })
    free(0)
    free(1)
    await Promise.all(running)
    expect(stock.requests).toHaveLength(2)
  })

  test('two subgraphs at one address do not share: a hanging one leaves the other as fast as it was', async () => {
    const subgraph = await scriptedSubgraph()
    const [slow, quick] = [subgraph.url.replace('graphql', 'slow'), subgraph.url.replace('graphql', 'quick')]
    const client = clientOf({ slow, quick }, { ...narrow, timeoutMs: 500, breaker: never })
    subgraph.answers(({ path, response }) => {
      if (path === '/quick') answer(response, '{"data":{}}')
    })
    const hanging = [1, 2, 3].map(() => failureOf(client.send('slow', '{}', query())))
    await eventually('the slow one is full', () => subgraph.requests.length === 2)
    for (let call = 0; call < 50; call++) await client.send('quick', '{}', query())
    expect(client.states()).toMatchObject({ slow: { running: 2, waiting: 1 }, quick: { state: 'up' } })
    expect((await Promise.all(hanging)).map(({ code }) => code)).toEqual(Array(3).fill('SUBGRAPH_TIMEOUT'))
  })
})

test('a subgraph that moves is asked at its new address, and what runs ends at the old one', async () => {
  const [old, next] = [await scriptedSubgraph(), await scriptedSubgraph()]
  const urls = { stock: old.url }
  const client = clientOf(urls, { connections: 1 })
  old.answers(() => {})
  const running = client.send('stock', '{}', query())
  const waiting = client.send('stock', '{"waits":1}', query())
  await eventually('asked', () => old.requests.length === 1)
  urls.stock = next.url
  await client.send('stock', '{"moved":1}', query())
  old.answers(({ response }) => answer(response, '{"data":{"at":"old"}}'))
  answer(old.requests[0]?.response as ServerResponse, '{"data":{"at":"old"}}')
  expect([(await running).data, (await waiting).data]).toEqual([{ at: 'old' }, { at: 'old' }])
  expect(next.requests.map(({ body }) => body)).toEqual(['{"moved":1}'])
  await eventually('nothing stays open', () => old.connections() === 0)
})
