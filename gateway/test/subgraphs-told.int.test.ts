import { pino } from 'pino'
import { expect, test } from 'vitest'
import { subgraphLog } from '../src/subgraphs/told.ts'
import { answer, clientOf, failureOf, query, scriptedSubgraph } from './subgraph-server.ts'

const breaker = { windowMs: 60_000, least: 4, restMs: 1, maxRestMs: 1 }
const retry = { repeats: 0, pauseMs: 1 }

/** A log that can be read, and a clock that stands until it is moved. */
function listening() {
  const lines: { level: number; msg: string }[] = []
  const log = pino({ level: 'info' }, { write: (line: string) => void lines.push(JSON.parse(line)) })
  const clock = { now: 0 }
  return {
    clock,
    onChange: subgraphLog(log, () => clock.now),
    said: () => lines.splice(0).map(({ level, msg }) => [level, msg]),
  }
}

test('one line when a subgraph cannot be reached, one when it is left alone, however many requests fail', async () => {
  const { onChange, said } = listening()
  const client = clientOf(
    { 'far-away': 'http://me:secret@127.0.0.1:1/graphql?key=secret' },
    { onChange, breaker, retry },
  )
  for (let i = 0; i < 10; i++) await failureOf(client.send('far-away', '{}', query()))
  const line = (what: string) => [
    40,
    `Subgraph "far-away" at http://127.0.0.1:1/graphql ${what}: connect ECONNREFUSED 127.0.0.1:1. SUBGRAPH_URL_FAR_AWAY sets another address.`,
  ]
  expect(said()).toEqual([line('gives no answer'), line('keeps failing and is left alone for a moment')])
})

test('one line when it is back, and quiet about one that comes and goes', async () => {
  const { clock, onChange, said } = listening()
  const stock = await scriptedSubgraph()
  const client = clientOf({ stock: stock.url }, { onChange, breaker: { ...breaker, least: 100_000 }, retry })
  let up = true
  stock.answers(({ response }) => (up ? answer(response, '{"data":{}}') : response.writeHead(503).end()))
  const ask = async (next: boolean) => {
    up = next
    await client.send('stock', '{}', query()).catch(() => {})
  }
  await ask(true)
  expect(said()).toEqual([])
  for (const next of [false, true, false, true]) await ask(next)
  expect(said()).toEqual([
    [40, expect.stringContaining('gives no answer: it answered with status 503. SUBGRAPH_URL_STOCK sets another')],
    [30, 'Subgraph "stock" is back.'],
  ])
  clock.now = 20_000
  await ask(false)
  expect(said()).toHaveLength(1)
})
