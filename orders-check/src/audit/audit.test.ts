import { encodeId } from '@commerce/service/ids.ts'
import { expect, test } from 'vitest'
import type { Book, Try } from '../book.ts'
import { audit } from './audit.ts'
import type { Seen } from './seen.ts'

const KEY = 'key'
const ORDER = '00000000-0000-4000-8000-000000000001'
const ROUND = '00000000-0000-4000-8000-000000000002'
const HOLD = '00000000-0000-4000-8000-000000000003'
const lines = [{ sku: 'mug', quantity: 2 }]

/** One delivery of ten mugs, one order of two, and a hold that expired; what a test changes belongs to it. */
function world(): { seen: Writable<Seen>; book: Book; one: Try } {
  const placed = { type: 'OrderPlaced', orderId: encodeId('Order', ORDER), total: 500 }
  const one = { key: KEY, cartId: 'cart', token: 'tok_ok', lines, answers: [placed] }
  const stock = (version: number, onHand: number, reserved: number) => {
    const data = { sku: 'mug', locations: [{ code: 'MAIN', onHand, reserved }] }
    return { subject: 'inventory.stock.changed.mug', type: 'inventory.stock.changed', version, left: true, data }
  }
  return {
    one,
    book: {
      stockChanges: new Map([['delivery', { sku: 'mug', location: 'MAIN', wish: { delta: 10 }, answer: 'made' }]]),
      tries: new Map([[KEY, one]]),
      holds: new Map([[HOLD, { lines, expiresAt: 0 }]]),
      cancellations: new Map(),
    },
    seen: {
      at: 10_000,
      levels: [{ sku: 'mug', location: 'MAIN', onHand: 8, reserved: 0 }],
      movements: [
        { sku: 'mug', location: 'MAIN', delta: 10, kind: 'receipt', idempotencyKey: 'delivery', reservationId: null },
        { sku: 'mug', location: 'MAIN', delta: -2, kind: 'sale', idempotencyKey: null, reservationId: ROUND },
      ],
      reservations: [
        { id: ROUND, state: 'committed', expiresAt: 900_000, lines },
        { id: HOLD, state: 'expired', expiresAt: 0, lines },
      ],
      attempts: [{ id: 'attempt', key: KEY, cartId: 'cart', phase: 'done', orderId: ORDER }],
      orders: [
        {
          id: ORDER,
          attemptId: 'attempt',
          cartId: 'cart',
          status: 'CONFIRMED',
          paymentState: 'CAPTURED',
          total: 500,
          round: ROUND,
          reservationId: ROUND,
          lines: [{ sku: 'mug', quantity: 2, unit: 250 }],
        },
      ],
      payments: [
        { kind: 'authorize', authorizationKey: `${ROUND}:authorize`, outcome: 'authorized', minorUnits: 500 },
        { kind: 'capture', authorizationKey: `${ROUND}:authorize`, outcome: 'captured', minorUnits: 500 },
      ],
      tasks: [],
      placing: [],
      outboxes: new Map([['inventory', [stock(1, 10, 0), stock(2, 10, 2), stock(3, 8, 0)]]]),
      projections: [{ name: 'what search knows', source: new Map([['mug', '3']]), known: new Map([['mug', '3']]) }],
      stream: new Map([['inventory.stock.changed.mug', 3]]),
      lags: new Map([['search-index', 0]]),
    },
  }
}

// A test's own world may be changed anywhere.
// biome-ignore lint/suspicious/noExplicitAny: as deep as it goes
type Writable<T> = { -readonly [K in keyof T]: any }

const answer = (type: string, orderId: string | null = null) => ({ type, orderId, total: null })

test('nothing is wrong with a shop in which all is as it should be', () => {
  const { seen, book } = world()
  expect(audit(seen, book)).toEqual([])
})

type Change = (changed: ReturnType<typeof world>) => unknown
const wrongs: readonly (readonly [string, Change])[] = [
  ['on hand is what the ledger sums to', ({ seen }) => (seen.levels[0].onHand = 9)],
  ['on hand + sold = received', ({ seen }) => (seen.orders[0].lines[0].quantity = 3)],
  ['no counter is negative', ({ seen }) => (seen.levels[0].reserved = -1)],
  ['no counter was ever negative', ({ seen }) => seen.movements.reverse()],
  ['no counter was ever negative', ({ seen }) => (seen.outboxes.get('inventory')[1].data.locations[0].reserved = 11)],
  ['a change of stock is made once, as it was acknowledged', ({ seen }) => seen.movements.push(seen.movements[0])],
  ['a change of stock is made once, as it was acknowledged', ({ seen }) => (seen.movements[0].delta = 9)],
  [
    'a change of stock is made once, as it was acknowledged',
    ({ book }) => book.stockChanges.set('lost', { sku: 'mug', location: 'MAIN', wish: { delta: 1 }, answer: 'made' }),
  ],
  [
    'a change of stock is made once, as it was acknowledged',
    ({ book }) =>
      book.stockChanges.set('delivery', {
        sku: 'mug',
        location: 'MAIN',
        wish: { quantity: 10, to: 'NORTH' },
        answer: 'made',
      }),
  ],
  ['nobody but staff and orders changes stock', ({ book }) => book.stockChanges.clear()],
  [
    'a change of stock is answered',
    ({ book }) => book.stockChanges.set('lost', { sku: 'mug', location: 'MAIN', wish: { delta: 1 }, answer: null }),
  ],
  ['reserved = active holds', ({ seen }) => (seen.levels[0].reserved = 1)],
  ['a hold ends when its time is over', ({ seen }) => (seen.reservations[1].state = 'held')],
  ['units that were only held are not sold', ({ seen }) => (seen.reservations[1].state = 'committed')],
  ['an order that a buyer was told of exists', ({ seen }) => (seen.orders = [])],
  ['a key gives one order at most', ({ one }) => one.answers.push(answer('OrderPlaced', encodeId('Order', HOLD)))],
  ['a key has one attempt at most', ({ seen }) => seen.attempts.push({ ...seen.attempts[0], id: 'another' })],
  ['a key has one final answer', ({ one }) => one.answers.push(answer('OutOfStock'))],
  ['a refusal is final', ({ one }) => (one.answers = [answer('PaymentDeclined')])],
  ['a declined card buys nothing', ({ one }) => (one.token = 'tok_decline')],
  ['an order is one that was asked for, line by line', ({ one }) => (one.lines = [{ sku: 'mug', quantity: 1 }])],
  ['an order is one that was asked for, line by line', ({ seen }) => (seen.orders[0].total = 499)],
  ['a cart gives one order at most', ({ seen }) => seen.orders.push({ ...seen.orders[0], id: HOLD })],
  ['an accepted attempt reaches an end', ({ seen }) => (seen.attempts[0].phase = 'authorized')],
  ['the attempt of an order says so', ({ seen }) => (seen.attempts[0].orderId = null)],
  [
    'a cart is not held by an attempt that is over',
    ({ seen }) => seen.placing.push({ id: 'cart', attemptId: 'attempt' }),
  ],
  ['an order has one reservation, sold with all its lines', ({ seen }) => (seen.reservations[0].state = 'expired')],
  ['what is sold is sold for an order', ({ seen }) => (seen.movements[1].reservationId = HOLD)],
  ['the units of a cancelled order are back', ({ seen }) => (seen.orders[0].status = 'CANCELLED')],
  ['a cancelled order costs nothing', ({ seen }) => (seen.orders[0].status = 'CANCELLED')],
  ['an order is cancelled if and only if its buyer was told so', ({ seen }) => (seen.orders[0].status = 'CANCELLED')],
  [
    'an order is cancelled if and only if its buyer was told so',
    ({ book }) => book.cancellations.set('key', { orderId: encodeId('Order', ORDER), answer: 'done' }),
  ],
  [
    'a change of an order reaches an end',
    ({ seen }) => seen.tasks.push({ id: 'one', orderId: ORDER, kind: 'cancel', phase: 'refunding' }),
  ],
  ['a placed order is paid once', ({ seen }) => seen.payments.pop()],
  ['a placed order is paid once', ({ seen }) => seen.payments.push(seen.payments[1])],
  ['what was set aside without an order is let go', ({ seen }) => (seen.payments[0].authorizationKey = 'of nobody')],
  ['nothing is taken without an order', ({ seen }) => (seen.payments[1].authorizationKey = 'of nobody')],
  [
    'a payment is not both taken and let go',
    ({ seen }) => seen.payments.push({ ...seen.payments[1], kind: 'void', outcome: 'voided' }),
  ],
  [
    'the versions of an entity have neither gap nor duplicate',
    ({ seen }) => seen.outboxes.get('inventory').splice(1, 1),
  ],
  ['every event leaves', ({ seen }) => (seen.outboxes.get('inventory')[0].left = false)],
  ['the stream holds the last version of each entity', ({ seen }) => seen.stream.clear()],
  ['consumers finish', ({ seen }) => seen.lags.set('search-index', 1)],
  ['what search knows is what was told', ({ seen }) => seen.projections[0].known.set('mug', '2')],
]

test.each(wrongs)('%s', (rule, change) => {
  const broken = world()
  change(broken)
  expect(audit(broken.seen, broken.book).map((violation) => violation.rule)).toContain(rule)
})
