import { randomUUID } from 'node:crypto'
import { createTransact } from '@commerce/events/outbox.ts'
import type { PrismaClient } from '@commerce/prisma/inventory'
import fc from 'fast-check'
import { beforeAll, expect, it } from 'vitest'
import { contradictions, inMs, openDatabase } from '../../test/inventory.ts'
import { createStockService } from '../stock/service.ts'
import { createReservationService } from './service.ts'

let database: PrismaClient

beforeAll(async () => {
  ;({ database } = await openDatabase())
})

const sku = fc.constantFrom('a', 'b', 'c')
const slot = fc.nat(4)
const intention = fc.oneof(
  fc.record({
    do: fc.constant('set' as const),
    sku,
    onHand: fc.nat(12),
    safety: fc.option(fc.nat(3)),
    key: fc.nat(20),
  }),
  fc.record({ do: fc.constant('adjust' as const), sku, delta: fc.integer({ min: -4, max: 8 }), key: fc.nat(20) }),
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('reserve' as const),
      lines: fc.array(fc.record({ sku, quantity: fc.integer({ min: 1, max: 4 }) }), { minLength: 1, maxLength: 3 }),
      slot,
    }),
  },
  fc.record({ do: fc.constant('release' as const), slot }),
  fc.record({ do: fc.constant('commit' as const), slot }),
  fc.record({ do: fc.constant('expire' as const), slot }),
)

it('whatever is done in whatever order and at the same time, the counters, the ledger, the holds and the events agree', async () => {
  const transact = createTransact(database, () => {})
  const stock = createStockService(transact, { newId: randomUUID })
  const reservations = createReservationService(transact)

  await fc.assert(
    // Each inner list happens at the same time.
    fc.asyncProperty(
      fc.array(fc.array(intention, { minLength: 1, maxLength: 6 }), { minLength: 5, maxLength: 15 }),
      async (rounds) => {
        // Everything is this run's own, so that one SKU comes into being in every way.
        const ids = Array.from({ length: 5 }, () => randomUUID())
        const run = randomUUID()
        for (const known of ['a', 'b']) {
          await stock.set({ sku: `${run} ${known}`, location: 'MAIN', onHand: 9, idempotencyKey: `${run} ${known}` })
        }
        for (const round of rounds) {
          await Promise.all(
            round.map(async (step) => {
              if (step.do === 'set') {
                const { sku, onHand, safety, key } = step
                return stock.set({
                  sku: `${run} ${sku}`,
                  location: 'MAIN',
                  onHand,
                  safety,
                  idempotencyKey: `${run} ${key}`,
                })
              }
              if (step.do === 'adjust') {
                const { sku, delta, key } = step
                return stock.adjust({
                  sku: `${run} ${sku}`,
                  location: 'MAIN',
                  delta,
                  reason: 'test',
                  idempotencyKey: `${run} ${key}`,
                })
              }
              const id = ids[step.slot] as string
              if (step.do === 'reserve') {
                const lines = step.lines.map(({ sku, quantity }) => ({ sku: `${run} ${sku}`, quantity }))
                const input = { reservationId: id, lines, expiresAt: inMs(60_000) }
                return reservations
                  .reserve(input)
                  .catch((error: Error) => expect(error.message).toContain('other lines'))
              }
              if (step.do === 'release') return reservations.release(id)
              if (step.do === 'commit') return reservations.commit(id)
              await database.$executeRaw`update reservation set expires_at = now() where id = ${id}::uuid`
              return reservations.expireOverdue()
            }),
          )
          expect(await contradictions(database)).toEqual([])
        }
        for (const id of ids) await reservations.release(id)
      },
    ),
    { numRuns: 40 },
  )
  const [{ sales = 0, expired = 0, refused = 0 } = {}] = await database.$queryRaw<Record<string, number>[]>`
    select (select count(*) from movement where kind = 'sale')::int as sales,
      (select count(*) from reservation where state = 'expired')::int as expired,
      (select count(*) from reservation where state = 'refused')::int as refused`
  // The runs went everywhere.
  expect(Math.min(sales, expired, refused)).toBeGreaterThan(0)
}, 120_000)

it('SKUs that come into being while many change and want them make nobody wait in a circle', async () => {
  const transact = createTransact(database, () => {})
  const stock = createStockService(transact, { newId: randomUUID })
  const reservations = createReservationService(transact)
  for (let i = 1; i <= 40; i++) {
    const [sku, older] = [`born ${i}`, `born ${i - 1}`]
    const lines = [sku, older].map((sku) => ({ sku, quantity: 1 }))
    await Promise.all(
      Array.from({ length: 10 }, (_, k) =>
        k % 3 === 2
          ? reservations.reserve({ reservationId: randomUUID(), lines, expiresAt: inMs(60_000) })
          : stock.adjust({ sku, location: 'MAIN', delta: 2, reason: 'test', idempotencyKey: `${sku} ${k}` }),
      ),
    )
  }
  expect(await contradictions(database)).toEqual([])
}, 60_000)
