import { randomUUID } from 'node:crypto'
import { eventually } from '@commerce/local/testing.ts'
import { uuidFrom } from '@commerce/service/ids.ts'
import { beforeAll, describe, expect, it } from 'vitest'
import { type Checkout, createWorld, phaseOf, startCheckoutAt, startProcess, type World } from '../../test/checkout.ts'
import { shopper } from '../../test/shopper.ts'
import { type Stock, startStock } from '../../test/stock.ts'

/*
 * Orders whose payment the shopper has to confirm.
 */

let world: World
let stock: Stock
let local: Checkout

beforeAll(async () => {
  world = await createWorld()
  stock = await startStock(world)
  local = await startCheckoutAt(world)
  await world.sell('cup', 500)
  await stock.set('cup', 1_000)
})

/** One try at placing an order. */
async function attempt({ ask }: Pick<Checkout, 'ask'>, paymentToken: string) {
  const guest = shopper(ask)
  const cartId = await guest.cartWith({ cup: 1 })
  const idempotencyKey = randomUUID()
  return {
    guest,
    cartId,
    place: (by = guest) => by.place(cartId, { idempotencyKey, paymentToken }),
    phase: () => phaseOf(world, idempotencyKey),
    stored: () => world.database.attempt.findFirstOrThrow({ where: { idempotencyKey } }),
    orders: () => world.database.order.count({ where: { cartId: uuidFrom(cartId, 'Cart') ?? '' } }),
  }
}

const decide = (url: string, secret: string, approve: boolean) =>
  fetch(`${url}/payments/local`, { method: 'POST', body: new URLSearchParams({ secret, approve: String(approve) }) })

describe('a payment that the shopper has to confirm', () => {
  it('is asked for with what the page needs, the same for the same key, however many ask; confirmed, it is an order', async () => {
    const { place, phase, orders, guest, cartId } = await attempt(local, 'tok_action')
    const answers = await Promise.all([place(), place(), place()])
    const [first] = answers
    expect(first).toMatchObject({
      __typename: 'PaymentActionRequired',
      redirectUrl: expect.stringContaining(`${local.url}/payments/local?secret=local_`),
    })
    expect(answers).toEqual([first, first, first])
    expect(await place()).toEqual(first)
    expect(await guest.cart(cartId)).toMatchObject({ status: 'PLACING' })
    await decide(local.url, first?.clientSecret ?? '', true)
    await eventually('the order', async () => (await phase()) === 'done')
    expect(await place()).toMatchObject({ __typename: 'OrderPlaced', order: { payment: { state: 'CAPTURED' } } })
    expect(await orders()).toBe(1)
  })

  it('that the shopper refuses is declined, and the cart is open again', async () => {
    const { place, guest, cartId } = await attempt(local, 'tok_action')
    const { clientSecret = '' } = await place()
    await decide(local.url, clientSecret, false)
    await eventually('declined', async () => (await place()).__typename === 'PaymentDeclined')
    expect(await guest.cart(cartId)).toMatchObject({ status: 'OPEN' })
  })

  it('that nobody confirms in time is undone: the stock goes back, and a late yes changes nothing', async () => {
    const hasty = await startCheckoutAt(world, { PAYMENT_ACTION_MS: '0' })
    const { place, phase, stored } = await attempt(hasty, 'tok_action')
    const first = await place()
    const secret = `local_${((await stored()).state as { round: string }).round}:authorize`
    await eventually('undone', async () => (await phase()) === 'failed')
    expect(['PaymentActionRequired', 'PaymentDeclined']).toContain(first.__typename)
    expect(await place()).toMatchObject({ __typename: 'PaymentDeclined' })
    expect(await (await decide(hasty.url, secret, true)).text()).toContain('voided')
  })

  it('is found again when the process that waited is killed', async () => {
    const victim = await startProcess('../src/main.ts', world.environment({ LOG_LEVEL: 'fatal' }))
    const { place, phase, orders } = await attempt(victim, 'tok_action')
    const { clientSecret = '' } = await place()
    await victim.kill()
    await decide(local.url, clientSecret, true)
    await eventually('the order', async () => (await phase()) === 'done')
    expect(await place(shopper(local.ask))).toMatchObject({ __typename: 'OrderPlaced' })
    expect(await orders()).toBe(1)
  })

  it('the page of the local provider asks, and does not let itself be written into', async () => {
    const page = await fetch(`${local.url}/payments/local?secret=${encodeURIComponent('"><script>')}`)
    expect(page.status).toBe(200)
    expect(await page.text()).not.toContain('<script>')
    expect((await decide(local.url, 'local_nothing', true)).status).toBe(404)
  })
})

describe('a provider that tells twice', () => {
  it('makes one order', async () => {
    const { place, phase, orders } = await attempt(local, 'tok_twice')
    expect(await place()).toMatchObject({ __typename: 'OrderPlaced' })
    await eventually('done', async () => (await phase()) === 'done')
    expect(await orders()).toBe(1)
  })
})
