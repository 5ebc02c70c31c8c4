// Long because it plays every way in which others can fail an attempt; catalog and inventory are the test's own command servers.
import { randomUUID } from 'node:crypto'
import { type CommandHandler, command } from '@commerce/events/command.ts'
import { commitStock, quotePrices, releaseStock, reserveStock } from '@commerce/events/commands.ts'
import { eventually } from '@commerce/local/testing.ts'
import { uuidFrom } from '@commerce/service/ids.ts'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Ask, createWorld, phaseOf, startCheckout, type World } from '../../test/checkout.ts'
import { shopper } from '../../test/shopper.ts'
import { STOCK_PATIENCE_MS } from './attempt.ts'

let world: World
let ask: Ask
let guest: ReturnType<typeof shopper>

let silence = Promise.withResolvers<never>()
/** Gives no answer as long as the test lasts. */
const silent = () => silence.promise
const yes = {
  quote: async () => [{ sku: 'cup', title: 'Cup', version: 1, price: { minorUnits: 500, currencyCode: 'USD' } }],
  reserve: async (): Promise<Reserved> => ({ outcome: 'reserved' }),
  release: async (): Promise<Closed> => ({ state: 'released' }),
  commit: async (): Promise<Closed> => ({ state: 'committed' }),
}
type Reserved = ReturnType<typeof reserveStock.output.parse>
type Closed = ReturnType<typeof commitStock.output.parse>

/** What the others do at the moment, and which reservations they were asked about. */
const others = { ...yes }
const asked: { reserve: string[]; release: string[]; commit: string[] } = { reserve: [], release: [], commit: [] }

const inventory: CommandHandler[] = [
  command(reserveStock, ({ reservationId }) => {
    asked.reserve.push(reservationId)
    return others.reserve()
  }),
  command(releaseStock, ({ reservationId }) => {
    asked.release.push(reservationId)
    return others.release()
  }),
  command(commitStock, ({ reservationId }) => {
    asked.commit.push(reservationId)
    return others.commit()
  }),
]

beforeAll(async () => {
  world = await createWorld({ catalog: false })
  ask = await startCheckout(world, { ATTEMPT_PATIENCE_MS: '4000' })
  guest = shopper(ask)
  await world.play('catalog', [command(quotePrices, async () => ({ offers: await others.quote() }))])
  await world.sell('cup', 500)
})

beforeEach(() => {
  Object.assign(others, yes)
  for (const list of Object.values(asked)) list.length = 0
})

/** Runs with an inventory that the test plays. */
async function withInventory<T>(work: () => Promise<T>): Promise<T> {
  const leave = await world.play('inventory', inventory)
  try {
    return await work()
  } finally {
    silence.promise.catch(() => {}) // perhaps nobody was kept waiting
    silence.reject(new Error('played')) // who serves commands leaves only when all are answered
    silence = Promise.withResolvers()
    await leave()
  }
}

async function attempt(paymentToken = 'tok_ok') {
  const cartId = await guest.cartWith({ cup: 2 })
  const idempotencyKey = randomUUID()
  return {
    cartId,
    place: () => guest.place(cartId, { idempotencyKey, paymentToken }),
    phase: () => phaseOf(world, idempotencyKey),
  }
}

/** Answers as `first` the first `times` times, then as `then`. */
function atFirst<T>(times: number, first: () => Promise<T>, then: () => Promise<T>): () => Promise<T> {
  let n = 0
  return () => (n++ < times ? first() : then())
}

const fails = async (): Promise<never> => {
  throw new Error('played')
}

describe('with a silent catalog', () => {
  it('placing an order says so fast, leaves the cart open, and works with the same key later', async () => {
    await withInventory(async () => {
      others.quote = silent
      const { cartId, place } = await attempt()
      const before = Date.now()
      expect(await place()).toMatchObject({ __typename: 'CheckoutUnavailable', retryAfterSeconds: 5 })
      expect(Date.now() - before).toBeLessThan(4_000)
      expect(await guest.cart(cartId)).toMatchObject({ status: 'OPEN' })
      expect(asked.reserve).toEqual([])
      others.quote = yes.quote
      expect(await place()).toMatchObject({ __typename: 'OrderPlaced' })
    })
  })
})

describe('without an inventory', () => {
  it('placing an order says so at once, and works with the same key when it is back', async () => {
    const { cartId, place, phase } = await attempt()
    const before = Date.now()
    expect(await place()).toMatchObject({ __typename: 'CheckoutUnavailable' })
    expect(Date.now() - before).toBeLessThan(2_000)
    expect(await guest.cart(cartId)).toMatchObject({ status: 'OPEN' })
    expect(await phase()).toBe('undoing') // perhaps something was held: it remains to be given back
    await withInventory(async () => {
      expect(await place()).toMatchObject({ __typename: 'OrderPlaced', order: { status: 'CONFIRMED' } })
      const [first] = asked.release
      expect(asked.reserve).not.toContain(first)
    })
  })
})

describe('with an inventory that fails', () => {
  it('now and then, holding is asked again under the same reservation', async () => {
    await withInventory(async () => {
      others.reserve = atFirst(2, fails, yes.reserve)
      const { place } = await attempt()
      expect(await place()).toMatchObject({ __typename: 'OrderPlaced' })
      expect(asked.reserve).toHaveLength(3)
      expect(new Set(asked.reserve).size).toBe(1)
    })
  })

  it('to answer for a while, the order is pending, and comes', async () => {
    await withInventory(async () => {
      others.reserve = atFirst(3, fails, yes.reserve)
      const { place, phase } = await attempt()
      expect(await place()).toMatchObject({ __typename: 'OrderPending', retryAfterSeconds: 2 })
      await eventually('the order', async () => (await phase()) === 'done')
      expect(await place()).toMatchObject({ __typename: 'OrderPlaced' })
      expect(new Set(asked.reserve).size).toBe(1)
    })
  })

  it('to say anything, the shopper has an answer before the gateway gives up', async () => {
    await withInventory(async () => {
      others.reserve = atFirst(1, silent, yes.reserve)
      const { place, phase } = await attempt()
      others.commit = silent
      const before = Date.now()
      const answers = await Promise.all([place(), place()])
      expect(Date.now() - before).toBeLessThan(5_000)
      expect(new Set(answers.map(({ __typename }) => __typename)).size).toBe(1)
      others.commit = yes.commit
      await eventually('the order', async () => (await phase()) === 'done', 15_000)
      expect(new Set(asked.reserve).size).toBe(1)
    })
  }, 30_000)

  it('to answer for too long, everything is undone', async () => {
    await withInventory(async () => {
      others.reserve = fails
      const { cartId, place, phase } = await attempt()
      expect(await place()).toMatchObject({ __typename: 'OrderPending' })
      await eventually('the end', async () => (await phase()) === 'failed')
      expect(asked.release).toEqual([asked.reserve[0]])
      expect(await guest.cart(cartId)).toMatchObject({ status: 'OPEN' })
    })
  }, 30_000)

  it('after the order was committed, the order stands and is settled when it answers', async () => {
    await withInventory(async () => {
      others.commit = fails
      const { place, phase } = await attempt()
      expect(await place()).toMatchObject({
        __typename: 'OrderPlaced',
        order: { status: 'PLACED', payment: { state: 'AUTHORIZED' } },
      })
      others.commit = yes.commit
      await eventually('settled', async () => (await phase()) === 'done')
      expect(await place()).toMatchObject({ order: { status: 'CONFIRMED', payment: { state: 'CAPTURED' } } })
    })
  })
})

const none = async (): Promise<Reserved> => ({ outcome: 'insufficient', shortages: [{ sku: 'cup', available: 0 }] })

/** Places an order whose hold is lost and which finds no other units. */
async function shortOrder() {
  others.commit = atFirst(1, async () => ({ state: 'expired' }), yes.commit)
  others.reserve = atFirst(1, yes.reserve, none)
  const made = await attempt()
  expect(await made.place()).toMatchObject({ order: { status: 'AWAITING_STOCK', payment: { state: 'AUTHORIZED' } } })
  const where = { attempt: { cartId: uuidFrom(made.cartId, 'Cart') ?? '' } }
  return { ...made, order: await world.database.order.findFirstOrThrow({ where, include: { attempt: true } }) }
}

/** What the events have said of an order, in order. */
async function toldOf(id: string) {
  const rows = await world.database.outbox.findMany({
    where: { type: 'checkout.order.changed', data: { path: ['id'], equals: id } },
    orderBy: { id: 'asc' },
  })
  return rows.map(({ data }) => data as { version: number; status: string; paymentState: string })
}

describe('an order whose hold expired before its stock was taken', () => {
  it('takes the units under a new reservation', async () => {
    await withInventory(async () => {
      others.commit = atFirst(1, async () => ({ state: 'expired' }), yes.commit)
      const { place } = await attempt()
      expect(await place()).toMatchObject({ order: { status: 'CONFIRMED' } })
      expect(new Set(asked.reserve).size).toBe(2)
      expect(asked.commit).toEqual(asked.reserve)
    })
  })

  it('waits for stock when there is none left, and is not charged before', async () => {
    await withInventory(async () => {
      const { place, phase, order } = await shortOrder()
      others.reserve = yes.reserve
      await eventually('settled', async () => (await phase()) === 'done')
      expect(await place()).toMatchObject({ order: { status: 'CONFIRMED', payment: { state: 'CAPTURED' } } })
      expect(new Set(asked.reserve).size).toBe(asked.reserve.length)
      expect(await toldOf(order.id)).toMatchObject([
        { version: 1, status: 'PLACED', paymentState: 'AUTHORIZED' },
        { version: 2, status: 'AWAITING_STOCK', paymentState: 'AUTHORIZED' },
        {
          version: 3,
          status: 'CONFIRMED',
          paymentState: 'CAPTURED',
          cartId: order.cartId,
          number: String(order.number),
        },
      ])
    })
  })

  it('asks less and less often while there is none, however often the shopper asks', async () => {
    await withInventory(async () => {
      const { place, order } = await shortOrder()
      const { attemptId: id } = order
      const stored = () => world.database.attempt.findUniqueOrThrow({ where: { id } })
      const tries = async (count: number) => {
        await eventually(`${count} tries`, async () => (await stored()).tries === count)
        return (await stored()).nextTryAt.getTime() - Date.now()
      }
      expect(await tries(2)).toBeGreaterThan(1_000)
      const before = asked.reserve.length
      await Promise.all(Array.from({ length: 10 }, place))
      expect(asked.reserve.length).toBe(before)
      await world.database.attempt.update({ where: { id }, data: { tries: 6, nextTryAt: new Date(0) } })
      expect(await tries(7)).toBeGreaterThan(50_000)
    })
  }, 30_000)

  it('is cancelled and its payment let go when there is none for a day', async () => {
    await withInventory(async () => {
      const { cartId, place, phase, order } = await shortOrder()
      const openedAt = new Date(order.attempt.openedAt.getTime() - STOCK_PATIENCE_MS)
      await world.database.attempt.update({ where: { id: order.attemptId }, data: { openedAt } })
      await eventually('the end', async () => (await phase()) === 'done')
      expect(await place()).toMatchObject({ order: { status: 'CANCELLED', payment: { state: 'VOIDED' } } })
      expect(await guest.cart(cartId)).toMatchObject({ status: 'COMPLETED', order: { status: 'CANCELLED' } })
      expect((await toldOf(order.id)).slice(2)).toMatchObject([
        { version: 3, status: 'CANCELLED', paymentState: 'AUTHORIZED' },
        { version: 4, status: 'CANCELLED', paymentState: 'VOIDED' },
      ])
      const authorizationKey = `${order.attemptId}:authorize`
      const entries = await world.database.localPayment.findMany({ where: { authorizationKey } })
      expect(entries.map(({ kind }) => kind).sort()).toEqual(['authorize', 'void'])
    })
  }, 30_000)
})

describe('a payment provider that cannot be reached', () => {
  it('keeps the order pending, then everything is undone and a late authorization finds itself voided', async () => {
    await withInventory(async () => {
      const { cartId, place, phase } = await attempt('tok_unreachable')
      expect(await place()).toMatchObject({ __typename: 'OrderPending' })
      await eventually('the end', async () => (await phase()) === 'failed', 15_000)
      expect(asked.release).toEqual([asked.reserve[0]])
      expect(await guest.cart(cartId)).toMatchObject({ status: 'OPEN' })
      const [entry] = await world.database.localPayment.findMany({
        where: { authorizationKey: `${asked.reserve[0]}:authorize` },
      })
      expect(entry).toMatchObject({ kind: 'void', outcome: 'voided' })
    })
  }, 30_000)
})
