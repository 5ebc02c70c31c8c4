import { expect, it } from 'vitest'
import { aggregate, answerFor, giveBack, hold, sell } from './reservation.ts'

it('lines of the same SKU are one, and lines come in the order of SKUs', () => {
  const lines = [
    { sku: 'b', quantity: 1 },
    { sku: 'a', quantity: 2 },
    { sku: 'b', quantity: 3 },
  ]
  expect(aggregate(lines)).toEqual([
    { sku: 'a', quantity: 2 },
    { sku: 'b', quantity: 4 },
  ])
})

it('held units can no longer be bought, come back, or leave', () => {
  const line = { sku: 'a', location: 'X', quantity: 2, backordered: 0 }
  expect(hold([line])).toEqual([{ sku: 'a', location: 'X', reserved: 2 }])
  expect(giveBack([line])).toEqual([{ sku: 'a', location: 'X', reserved: -2 }])
  expect(sell([line])).toEqual([{ sku: 'a', location: 'X', onHand: -2, reserved: -2 }])
})

it('asking again is answered with what the reservation is by now', () => {
  const shortages = [{ sku: 'a', available: 1 }]
  const line = { sku: 'a', location: 'X', quantity: 2, backordered: 0 }
  const held = { state: 'held' as const, expiresAt: '2026-01-31T09:30:00.000Z' }
  expect(answerFor({ ...held, lines: [line] })).toEqual({ outcome: 'reserved' })
  const late = [
    { ...line, backordered: 1 },
    { ...line, location: 'Y', backordered: 2 },
  ]
  expect(answerFor({ ...held, lines: late })).toEqual({
    outcome: 'reserved',
    backordered: [{ sku: 'a', quantity: 3 }],
  })
  expect(answerFor({ state: 'refused', shortages })).toEqual({ outcome: 'insufficient', shortages })
  expect(answerFor({ state: 'expired' })).toEqual({ outcome: 'closed', state: 'expired' })
})
