import { randomUUID } from 'node:crypto'
import { eventually, testNats, whenDone } from '@commerce/local/testing.ts'
import { pino } from 'pino'
import { beforeAll, expect, test } from 'vitest'
import { connectEvents, type EventConnection } from './connection.ts'
import { startConsumer } from './consumer.ts'
import { durableLags, versionsHeld } from './inspect.ts'

const log = pino({ level: 'silent' })
let connection: EventConnection

beforeAll(async () => {
  const { url } = await testNats()
  connection = await connectEvents({ url, name: 'test', log, replicas: 1 })
  whenDone(() => connection.close())
})

/** The end of a cart's change as a relay publishes it. */
async function publish(cart: string, version: number): Promise<void> {
  const data = { id: cart, version, status: 'OPEN', changedAt: '2026-01-01T00:00:00.000Z' }
  const event = {
    specversion: '1.0',
    id: randomUUID(),
    source: '/test',
    type: 'checkout.cart.changed',
    subject: cart,
    version,
    data,
  }
  await connection.nats.jetstream().publish(`checkout.cart.changed.${cart}`, JSON.stringify(event))
}

test('the highest version of a subject is found wherever it is', async () => {
  const [last, first, none] = [randomUUID(), randomUUID(), randomUUID()]
  for (const version of [1, 2, 3]) await publish(last, version)
  for (const version of [3, 1, 2]) await publish(first, version)
  const wanted = [last, first, none].map((cart) => [`checkout.cart.changed.${cart}`, 3] as const)
  expect([...(await versionsHeld(connection, new Map(wanted))).values()].sort()).toEqual([3, 3])
  // What is wanted and is not there is not made up.
  const more = new Map([[`checkout.cart.changed.${first}`, 4]])
  expect([...(await versionsHeld(connection, more)).values()]).toEqual([3])
})

test('a durable consumer lags by what it has not finished', async () => {
  let go = (): void => {}
  const gate = new Promise<void>((resolve) => (go = resolve))
  const consumer = await startConsumer({
    connection,
    name: 'slow',
    subjects: ['checkout.cart.changed.*'],
    handle: () => gate,
  })
  whenDone(() => consumer.stop())
  await publish(randomUUID(), 1)
  await eventually('it lags', async () => ((await durableLags(connection)).get('slow') ?? 0) > 0)
  go()
  await eventually('it has caught up', async () => (await durableLags(connection)).get('slow') === 0)
})
