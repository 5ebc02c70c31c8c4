import { randomUUID } from 'node:crypto'
import { createTransact } from '@commerce/events/outbox.ts'
import type { PrismaClient } from '@commerce/prisma/inventory'
import fc from 'fast-check'
import { beforeAll, expect, it } from 'vitest'
import { contradictions, inMs, openDatabase } from '../../test/inventory.ts'
import { createLocationService } from '../location/service.ts'
import { createPolicyService } from '../policy/service.ts'
import { reconcile } from '../reconciliation/repository.ts'
import { createReturnService } from '../return/service.ts'
import { createStockService } from '../stock/service.ts'
import { createReservationService, type ReservationService } from './service.ts'

let database: PrismaClient

beforeAll(async () => {
  ;({ database } = await openDatabase())
})

const sku = fc.constantFrom('a', 'b', 'c', 'late')
const slot = fc.nat(4)
const location = fc.constantFrom('MAIN', 'SHOP')
const intention = fc.oneof(
  fc.record({
    do: fc.constant('set' as const),
    sku,
    location,
    onHand: fc.nat(12),
    safety: fc.option(fc.nat(3)),
    key: fc.nat(20),
  }),
  fc.record({
    do: fc.constant('adjust' as const),
    sku,
    location,
    delta: fc.integer({ min: -4, max: 8 }),
    key: fc.nat(20),
  }),
  fc.record({
    do: fc.constant('transfer' as const),
    sku,
    from: location,
    quantity: fc.integer({ min: 1, max: 5 }),
    key: fc.nat(20),
  }),
  fc.record({ do: fc.constant('policy' as const), sku, location, limit: fc.nat(6), key: fc.nat(20) }),
  fc.record({
    do: fc.constant('return' as const),
    sku,
    quantity: fc.integer({ min: 1, max: 2 }),
    isKnown: fc.boolean(),
    slot,
    key: fc.nat(20),
  }),
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('reserve' as const),
      lines: fc.array(fc.record({ sku, quantity: fc.integer({ min: 1, max: 11 }) }), { minLength: 1, maxLength: 3 }),
      slot,
    }),
  },
  fc.record({ do: fc.constant('extend' as const), slot, seconds: fc.integer({ min: 50, max: 90 }) }),
  fc.record({ do: fc.constant('release' as const), slot }),
  fc.record({ do: fc.constant('commit' as const), slot }),
  fc.record({ do: fc.constant('expire' as const), slot }),
)

it('whatever is done in whatever order and at the same time, the counters, the ledger, the holds and the events agree', async () => {
  const transact = createTransact(database, () => {})
  const stock = createStockService(transact, { newId: randomUUID })
  const policies = createPolicyService(transact, { now: () => new Date() })
  const returns = createReturnService(transact)
  await createLocationService(transact).create({ code: 'SHOP', name: 'Shop', idempotencyKey: 'shop' })
  // Two processes.
  const processes = [
    createReservationService(transact),
    createReservationService(transact, { strategy: 'fewest-parcels' }),
  ]

  await fc.assert(
    // Each inner list happens at the same time.
    fc.asyncProperty(
      fc.array(fc.array(intention, { minLength: 1, maxLength: 6 }), { minLength: 5, maxLength: 15 }),
      async (rounds) => {
        // Everything is this run's own, so that one SKU comes into being in every way.
        const ids = Array.from({ length: 5 }, () => randomUUID())
        const run = randomUUID()
        for (const known of ['a', 'b']) {
          const sku = `${run} ${known}`
          await stock.set({ sku, location: 'MAIN', onHand: 9, idempotencyKey: `${sku} MAIN` })
          await stock.set({ sku, location: 'SHOP', onHand: 8, idempotencyKey: `${sku} SHOP` })
        }
        const late = { sku: `${run} late`, location: 'MAIN', idempotencyKey: `${run} late` }
        await policies.set({ ...late, kind: 'BACKORDER', limit: 12 })
        const of = ({ sku, key }: { sku: string; key: number }) => ({
          sku: `${run} ${sku}`,
          idempotencyKey: `${run} ${key}`,
        })
        for (const round of rounds) {
          await Promise.all(
            round.map(async (step, i): Promise<unknown> => {
              const reservations = processes[i % 2] as ReservationService
              switch (step.do) {
                case 'set':
                  return stock.set({ ...step, ...of(step) })
                case 'adjust':
                  return stock.adjust({ ...step, ...of(step), reason: 'test' })
                case 'transfer':
                  return stock.transfer({ ...step, ...of(step), to: step.from === 'MAIN' ? 'SHOP' : 'MAIN' })
                case 'policy':
                  return policies.set({ ...step, ...of(step), kind: step.limit > 0 ? 'BACKORDER' : 'DENY' })
              }
              const id = ids[step.slot] as string
              switch (step.do) {
                case 'return':
                  return returns.byStaff({
                    ...step,
                    ...of(step),
                    location: 'MAIN',
                    reservationId: step.isKnown ? id : null,
                  })
                case 'reserve': {
                  const lines = step.lines.map(({ sku, quantity }) => ({ sku: `${run} ${sku}`, quantity }))
                  const input = { reservationId: id, lines, expiresAt: inMs(60_000) }
                  return reservations
                    .reserve(input)
                    .catch((error: Error) => expect(error.message).toContain('other lines'))
                }
                case 'extend':
                  return reservations.extend(id, inMs(step.seconds * 1_000))
                case 'release':
                  return reservations.release(id)
                case 'commit':
                  return reservations.commit(id)
                case 'expire':
                  await database.$executeRaw`update reservation set expires_at = now() where id = ${id}::uuid`
                  return reservations.expireOverdue()
              }
            }),
          )
          expect(await contradictions(database)).toEqual([])
          expect((await reconcile(database)).differences).toEqual([])
        }
        for (const id of ids) await processes[0]?.release(id)
      },
    ),
    { numRuns: 40 },
  )
  const [counts = {}] = await database.$queryRaw<Record<string, number>[]>`
    select (select count(*) from movement where kind = 'sale')::int as sales,
      (select count(*) from movement where kind = 'transfer')::int as transfers,
      (select count(*) from movement where kind = 'return')::int as returns,
      (select count(*) from reservation_line where backordered > 0)::int as backordered,
      (select count(*) from (select from reservation_line group by reservation_id, sku having count(*) > 1) as split)::int as split,
      (select count(*) from reservation where state = 'expired')::int as expired,
      (select count(*) from reservation where state = 'refused')::int as refused`
  // The runs went everywhere.
  expect(Math.min(...Object.values(counts))).toBeGreaterThan(0)
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
