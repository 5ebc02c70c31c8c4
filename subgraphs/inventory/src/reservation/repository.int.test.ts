import { randomUUID } from 'node:crypto'
import { createTransact } from '@commerce/events/outbox.ts'
import type { PrismaClient } from '@commerce/prisma/inventory'
import { beforeAll, beforeEach, expect, it } from 'vitest'
import { contradictions, inMs, openDatabase } from '../../test/inventory.ts'
import { createStockService } from '../stock/service.ts'
import { forgetReservations } from './repository.ts'
import { createReservationService, type ReservationService } from './service.ts'

let database: PrismaClient
let reservations: ReservationService

beforeAll(async () => {
  ;({ database } = await openDatabase())
  const transact = createTransact(database, () => {})
  reservations = createReservationService(transact)
  await createStockService(transact, { newId: randomUUID }).set({
    sku: 'a',
    location: 'MAIN',
    onHand: 100,
    idempotencyKey: 'count',
  })
})

beforeEach(async () => {
  await database.reservation.deleteMany({ where: { state: { not: 'held' } } })
})

async function reserve(quantity = 1): Promise<string> {
  const reservationId = randomUUID()
  await reservations.reserve({ reservationId, lines: [{ sku: 'a', quantity }], expiresAt: inMs(60_000) })
  return reservationId
}

async function age(days: number, ids: string[]): Promise<void> {
  await database.$executeRaw`
    update reservation set created_at = created_at - ${days}::int * interval '1 day', closed_at = closed_at - ${days}::int * interval '1 day'
    where id = any(${ids}::uuid[])`
}

async function kept(ids: string[]): Promise<string[]> {
  const found = await database.reservation.findMany({ where: { id: { in: ids } } })
  return found.map(({ id }) => id).sort()
}

it('whatever ended long ago is forgotten with its lines, and what is held or ended lately is kept', async () => {
  const [held, refused, released, sold] = [await reserve(), await reserve(1_000), await reserve(), await reserve()]
  await reservations.release(released)
  await reservations.commit(sold)
  await age(31, [held, refused, released, sold])
  const [refusedLately, soldLately] = [await reserve(1_000), await reserve()]
  await reservations.commit(soldLately)
  await age(29, [refusedLately, soldLately])

  expect(await forgetReservations(database, 30, 100)).toBe(3)
  expect(await kept([held, refused, released, sold, refusedLately, soldLately])).toEqual(
    [held, refusedLately, soldLately].sort(),
  )
  expect(await database.reservationLine.count({ where: { reservationId: { in: [released, sold] } } })).toBe(0)
  expect(await contradictions(database)).toEqual([])
})

it('not more are forgotten at once than asked for', async () => {
  const refused = [await reserve(1_000), await reserve(1_000), await reserve(1_000)]
  await age(31, refused)
  expect(await forgetReservations(database, 30, 2)).toBe(2)
  expect(await forgetReservations(database, 30, 2)).toBe(1)
})

it('a sale is known for ever: the ledger remembers what the reservation does not', async () => {
  const sold = await reserve()
  await reservations.commit(sold)
  await age(31, [sold])
  await forgetReservations(database, 30, 100)
  expect(await reservations.commit(sold)).toBe('committed')
})
