import { randomUUID } from 'node:crypto'
import { eventually } from '@commerce/local/testing.ts'
import { uuidFrom } from '@commerce/service/ids.ts'
import { beforeAll, describe, expect, it } from 'vitest'
import { type Checkout, createWorld, phaseOf, startCheckoutAt, startProcess, type World } from '../../test/checkout.ts'
import { shopper } from '../../test/shopper.ts'
import { type Stock, startStock } from '../../test/stock.ts'
import { notification, type Stripe, startStripe, WEBHOOK_SECRET } from '../../test/stripe.ts'

/*
 * Orders whose payment the shopper has to confirm, and orders while the payment provider is down; through the local provider, and through Stripe's API.
 */

let world: World
let stock: Stock
let stripe: Stripe
let local: Checkout
let real: Checkout

const stripeSettings = (more: Record<string, string> = {}) => ({
  PAYMENT_PROVIDER: 'stripe',
  STRIPE_SECRET_KEY: 'sk_test_1',
  STRIPE_WEBHOOK_SECRET: WEBHOOK_SECRET,
  STRIPE_API_BASE: stripe.url,
  ...more,
})

beforeAll(async () => {
  world = await createWorld()
  ;[stock, stripe] = await Promise.all([startStock(world), startStripe()])
  local = await startCheckoutAt(world, { PAYMENT_LOCAL_ACTION_URL: 'http://127.0.0.1/payments/local' })
  real = await startCheckoutAt(world, stripeSettings())
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
      redirectUrl: expect.stringContaining('/payments/local?secret=local_'),
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

describe('notifications of Stripe', () => {
  const send = ({ body, headers }: ReturnType<typeof notification>) =>
    fetch(`${real.url}/payments/stripe`, { method: 'POST', body, headers })

  /** An attempt that waits for the shopper at Stripe, and rests for long. */
  async function waiting() {
    const made = await attempt(real, 'pm_action')
    const answer = await made.place()
    const intent = stripe.intents().find(({ client_secret }) => client_secret === answer.clientSecret)
    if (!intent) throw new Error(`No intent: ${JSON.stringify(answer)}`)
    await eventually('it rests', async () => (await made.stored()).lease === null)
    await world.database.attempt.update({ where: { id: (await made.stored()).id }, data: { nextTryAt: LATER } })
    return { ...made, intent }
  }
  const LATER = new Date('2100-01-01')

  it('move the attempt on: what is so is looked up, whatever they say and in whichever order they come', async () => {
    const { intent, place, phase, orders } = await waiting()
    stripe.shopperDecides(intent.id, true)
    // An old one that claims the opposite.
    const late = notification('payment_intent.payment_failed', { ...intent, status: 'requires_payment_method' })
    const answers = await Promise.all([
      send(late),
      send(notification('payment_intent.amount_capturable_updated', intent)),
    ])
    expect(answers.map(({ status }) => status)).toEqual([200, 200])
    await eventually('the order', async () => (await phase()) === 'done')
    expect(await place()).toMatchObject({ __typename: 'OrderPlaced', order: { payment: { state: 'CAPTURED' } } })
    expect(await orders()).toBe(1)
  })

  it('count once each', async () => {
    const { intent } = await waiting()
    const once = notification('payment_intent.requires_action', intent)
    expect((await send(once)).status).toBe(200)
    const looks = () => stripe.asked.filter(({ step }) => step === 'retrieve').length
    const { id } = JSON.parse(once.body)
    await eventually('heard', () => world.database.paymentNotification.findUnique({ where: { id } }))
    const before = looks()
    for (let n = 0; n < 3; n++) expect((await send(once)).status).toBe(200)
    expect(looks()).toBeLessThanOrEqual(before + 1) // the look of the first may still be on its way
  })

  it('that Stripe did not sign are turned away, and change nothing', async () => {
    const { intent, phase } = await waiting()
    stripe.shopperDecides(intent.id, true)
    const forged = notification('payment_intent.succeeded', intent, { secret: 'whsec_guessed' })
    const { body, headers } = notification('payment_intent.succeeded', intent)
    for (const bad of [
      forged,
      { body: `${body} `, headers },
      { body, headers: { ...headers, 'stripe-signature': '' } },
    ]) {
      expect((await send(bad)).status).toBe(400)
    }
    expect(await phase()).toBe('awaitingAction')
    expect(await world.database.paymentNotification.count({ where: { id: JSON.parse(body).id } })).toBe(0)
  })

  it('of what is not ours are taken, and no more', async () => {
    expect(
      (await send(notification('payment_intent.succeeded', { id: 'pi_other', object: 'payment_intent' }))).status,
    ).toBe(200)
    expect((await send(notification('customer.created', { id: 'cus_1', object: 'customer' }))).status).toBe(200)
    expect((await fetch(`${real.url}/payments/stripe`)).status).toBe(405)
  })
})

describe('while Stripe is down', () => {
  it('orders are refused fast, without waiting for each, and come with the same key when it is back', async () => {
    const refusing = await startCheckoutAt(
      world,
      stripeSettings({ ATTEMPT_PATIENCE_MS: '0', PAYMENT_TIMEOUT_MS: '500' }),
    )
    stripe.setDown(true)
    for (let n = 0; n < 5; n++) await (await attempt(refusing, 'pm_ok')).place()
    stripe.asked.length = 0
    const { place, orders, guest, cartId } = await attempt(refusing, 'pm_ok')
    expect(await place()).toMatchObject({ __typename: 'CheckoutUnavailable' })
    expect(stripe.asked.filter(({ step }) => step === 'create')).toEqual([])
    expect(await guest.cart(cartId)).toMatchObject({ status: 'OPEN' })
    stripe.setDown(false)
    await eventually('back', async () => (await place()).__typename === 'OrderPlaced', 20_000)
    expect(await orders()).toBe(1)
  }, 40_000)

  it('orders can be accepted instead, and come when it is back', async () => {
    const accepting = await startCheckoutAt(
      world,
      stripeSettings({ PAYMENT_DOWN: 'accept', ATTEMPT_PATIENCE_MS: '0', PAYMENT_TIMEOUT_MS: '500' }),
    )
    stripe.setDown(true)
    const { place, phase, orders } = await attempt(accepting, 'pm_ok')
    expect(await place()).toMatchObject({ __typename: 'OrderPending' })
    expect(await place()).toMatchObject({ __typename: 'OrderPending' })
    stripe.setDown(false)
    await eventually('the order', async () => (await phase()) === 'done', 20_000)
    expect(await place()).toMatchObject({ __typename: 'OrderPlaced' })
    expect(await orders()).toBe(1)
  }, 40_000)
})
