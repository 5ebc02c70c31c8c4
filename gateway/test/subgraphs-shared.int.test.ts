import type { ServerResponse } from 'node:http'
import { eventually } from '@commerce/local/testing.ts'
import { expect, test } from 'vitest'
import { answer, clientOf, failureOf, query, type ScriptedSubgraph, scriptedSubgraph } from './subgraph-server.ts'

/** A client that shares, over a subgraph that holds every answer until `answerAll`. */
async function sharing({ maxEntries = 100, share = true, timeoutMs = 60_000 } = {}) {
  const stock: ScriptedSubgraph = await scriptedSubgraph()
  const clock = { epoch: 1 }
  const client = clientOf(
    { stock: stock.url, price: stock.url },
    { timeoutMs, share: share ? { epoch: () => clock.epoch, maxEntries } : undefined },
  )
  const held: ServerResponse[] = []
  stock.answers(({ response }) => void held.push(response))
  return {
    ...client,
    clock,
    requests: stock.requests,
    arrived: (count: number) => eventually(`${count} requests`, () => held.length >= count),
    answerAll(text = '{"data":{"list":[{"a":1}]}}') {
      for (const response of held) if (!response.writableEnded) answer(response, text)
    },
  }
}

const outcomes = (reports: { outcome: string }[]) => reports.map(({ outcome }) => outcome).sort()

test('identical queries on their way are sent once, and each gets data of its own', async () => {
  const { send, arrived, answerAll, requests, reports } = await sharing()
  const call = () => send('stock', '{"q":1}', query({ headers: { viewer: 'ann', traceparent: `00-${Math.random()}` } }))
  const calls = [call(), call(), call()]
  await arrived(1)
  answerAll()
  const [first, second, third] = await Promise.all(calls)
  Object.assign(first?.data ?? {}, { list: 'changed' })
  expect([second?.data, third?.data]).toEqual([{ list: [{ a: 1 }] }, { list: [{ a: 1 }] }])
  expect(second?.data).not.toBe(third?.data)
  expect(requests).toHaveLength(1)
  expect(outcomes(reports)).toEqual(['ok', 'shared', 'shared'])
})

test('what differs in subgraph, body or any header but the trace is sent by itself', async () => {
  const { send, arrived, answerAll, reports } = await sharing()
  const calls = [
    send('stock', '{"q":1}', query({ headers: { viewer: 'ann' } })),
    send('stock', '{"q":1}', query({ headers: { viewer: 'bob' } })),
    send('stock', '{"q":1}', query({ headers: { viewer: 'ann', floors: '{}' } })),
    send('stock', '{"q":1}', query()),
    send('stock', '{"q":2}', query({ headers: { viewer: 'ann' } })),
    send('price', '{"q":1}', query({ headers: { viewer: 'ann' } })),
  ]
  await arrived(calls.length)
  answerAll()
  await Promise.all(calls)
  expect(outcomes(reports)).toEqual(calls.map(() => 'ok'))
})

test('a mutation is never shared, and nothing is when it is switched off', async () => {
  for (const [share, repeatable] of [
    [true, false],
    [false, true],
  ] as const) {
    const { send, arrived, answerAll, requests } = await sharing({ share })
    const calls = [send('stock', '{}', query({ repeatable })), send('stock', '{}', query({ repeatable }))]
    await arrived(2)
    answerAll()
    await Promise.all(calls)
    expect(requests).toHaveLength(2)
  }
})

test('a request that began before something changed is not joined after it', async () => {
  const { send, arrived, answerAll, clock, requests } = await sharing()
  const before = send('stock', '{}', query())
  await arrived(1)
  clock.epoch++
  const after = [send('stock', '{}', query()), send('stock', '{}', query())]
  await arrived(2)
  answerAll()
  await Promise.all([before, ...after])
  expect(requests).toHaveLength(2)
})

test('the end of an older request does not keep others from joining the newer one', async () => {
  const { send, arrived, answerAll, clock, requests } = await sharing()
  const before = send('stock', '{}', query())
  await arrived(1)
  clock.epoch++
  const newer = send('stock', '{}', query())
  await arrived(2)
  answer(requests[0]?.response as ServerResponse, '{"data":{}}')
  await before
  const joined = send('stock', '{}', query())
  answerAll()
  await Promise.all([newer, joined])
  expect(requests).toHaveLength(2)
})

test('a failure is told to all who waited, and the next one asks anew', async () => {
  const { send, arrived, answerAll, requests } = await sharing()
  const calls = [1, 2].map(() => failureOf(send('stock', '{}', query())))
  await arrived(1)
  answerAll('oops')
  expect((await Promise.all(calls)).map(({ code }) => code)).toEqual(['SUBGRAPH_MALFORMED', 'SUBGRAPH_MALFORMED'])
  const next = send('stock', '{}', query())
  await arrived(2)
  answerAll()
  expect((await next).errors).toEqual([])
  expect(requests).toHaveLength(2)
})

test('one that goes away leaves the others their answer, also when it was the first', async () => {
  const { send, arrived, answerAll, requests, reports } = await sharing()
  const gone = [new AbortController(), new AbortController()]
  const first = failureOf(send('stock', '{}', query({ signal: gone[0]?.signal })))
  const second = failureOf(send('stock', '{}', query({ signal: gone[1]?.signal })))
  const third = send('stock', '{}', query({ signal: new AbortController().signal }))
  const fourth = send('stock', '{}', query())
  await arrived(1)
  for (const one of gone) one.abort()
  expect([(await first).code, (await second).code]).toEqual(['REQUEST_ABORTED', 'REQUEST_ABORTED'])
  answerAll()
  expect((await third).data).toEqual((await fourth).data)
  expect(requests).toHaveLength(1)
  expect(outcomes(reports)).toEqual(['aborted', 'shared', 'shared', 'shared'])
})

test('one that has gone before it joins gets no answer, and the others do', async () => {
  const { send, arrived, answerAll, requests } = await sharing()
  const first = send('stock', '{}', query())
  await arrived(1)
  const gone = failureOf(send('stock', '{}', query({ signal: AbortSignal.abort() })))
  answerAll()
  expect((await gone).code).toBe('REQUEST_ABORTED')
  expect((await first).errors).toEqual([])
  expect(requests).toHaveLength(1)
})

test('the request is aborted when the last one has gone, and is not joined any more', async () => {
  const { send, arrived, answerAll, requests } = await sharing()
  const gone = new AbortController()
  const calls = [1, 2].map(() => failureOf(send('stock', '{}', query({ signal: gone.signal }))))
  await arrived(1)
  gone.abort()
  const next = send('stock', '{}', query())
  expect((await Promise.all(calls)).map(({ code }) => code)).toEqual(['REQUEST_ABORTED', 'REQUEST_ABORTED'])
  await eventually('the subgraph sees it', () => requests[0]?.gone)
  await arrived(2)
  answerAll()
  expect((await next).errors).toEqual([])
})

test('each keeps its own deadline: the first may be late without the others', async () => {
  const { send, arrived, answerAll, requests } = await sharing()
  const now = performance.now()
  const first = failureOf(send('stock', '{}', query({ deadline: now + 100 })))
  const second = send('stock', '{}', query({ deadline: now + 30_000 }))
  await arrived(1)
  expect(await first).toMatchObject({
    code: 'SUBGRAPH_TIMEOUT',
    message: 'Subgraph "stock" did not answer before the deadline of the operation.',
  })
  answerAll()
  expect((await second).errors).toEqual([])
  expect(requests).toHaveLength(1)
})

test('a subgraph that is late is late for all who wait', async () => {
  const { send, requests, states } = await sharing({ timeoutMs: 400 })
  const calls = [1, 2].map(() => failureOf(send('stock', '{}', query({ deadline: performance.now() + 30_000 }))))
  for (const failure of await Promise.all(calls)) expect(failure.message).toContain('within 400 ms')
  expect(requests).toHaveLength(1)
  expect(states().stock?.state).toBe('down')
})

test('no more requests than allowed can be joined; further ones are sent by themselves', async () => {
  const { send, arrived, answerAll, requests } = await sharing({ maxEntries: 1 })
  const bodies = ['{"q":1}', '{"q":2}', '{"q":2}', '{"q":1}']
  const calls = bodies.map((body) => send('stock', body, query()))
  await arrived(3)
  answerAll()
  await Promise.all(calls)
  expect(requests.map(({ body }) => body)).toEqual(['{"q":1}', '{"q":2}', '{"q":2}'])
})
