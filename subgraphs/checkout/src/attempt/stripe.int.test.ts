import { randomUUID } from 'node:crypto'
import { eventually } from '@commerce/local/testing.ts'
import { uuidFrom } from '@commerce/service/ids.ts'
import { beforeAll, describe, expect, it } from 'vitest'
import { type Checkout, createWorld, phaseOf, startCheckoutAt, type World } from '../../test/checkout.ts'
import { shopper } from '../../test/shopper.ts'
import { desk } from '../../test/staff.ts'
import { startStock } from '../../test/stock.ts'
import { notification, type Stripe, startStripe, WEBHOOK_SECRET } from '../../test/stripe.ts'

/*
 * Orders that are paid through Stripe's API: what its notifications do, and what is said while it is down.
 */

let world: World
let stripe: Stripe
let checkout: Checkout | undefined

beforeAll(async () => {
  world = await createWorld()
  const [stock, server] = await Promise.all([startStock(world), startStripe()])
  stripe = server
  await startWith()
  await world.sell('cup', 500)
  await stock.set('cup', 1_000)
})

/** Checkout with these settings, and no other: replicas share their attempts, so all of them are set alike. */
async function startWith(settings: Record<string, string> = {}): Promise<Checkout> {
  await checkout?.stop() // the first has none before it
  checkout = await startCheckoutAt(world, {
    PAYMENT_PROVIDER: 'stripe',
    STRIPE_SECRET_KEY: 'sk_test_1',
    STRIPE_WEBHOOK_SECRET: WEBHOOK_SECRET,
    STRIPE_API_BASE: stripe.url,
    ...settings,
  })
  return checkout
}

function running(): Checkout {
  if (!checkout) throw new Error('Checkout does not run.')
  return checkout
}

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

const LATER = new Date('2100-01-01')
const send = ({ body, headers }: ReturnType<typeof notification>) =>
  fetch(`${running().url}/payments/stripe`, { method: 'POST', body, headers })

describe('notifications of Stripe', () => {
  /** An attempt that waits for the shopper at Stripe, and rests for long. */
  async function waiting() {
    const made = await attempt(running(), 'pm_action')
    const answer = await made.place()
    const intent = stripe.intents().find(({ client_secret }) => client_secret === answer.clientSecret)
    if (!intent) throw new Error(`No intent: ${JSON.stringify(answer)}`)
    await eventually('it rests', async () => (await made.stored()).lease === null)
    await world.database.attempt.update({ where: { id: (await made.stored()).id }, data: { nextTryAt: LATER } })
    return { ...made, intent }
  }

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
    const { intent, stored } = await waiting()
    const looks = () => stripe.asked.filter(({ step, id }) => step === 'retrieve' && id === intent.id).length
    const looked = async (times: number) => {
      await eventually(`${times} looks`, async () => looks() >= times && (await stored()).lease === null)
      expect(looks()).toBe(times)
    }
    const before = looks()
    const once = notification('payment_intent.requires_action', intent)
    for (let n = 0; n < 4; n++) {
      expect((await send(once)).status).toBe(200)
      await looked(before + 1)
    }
    await send(notification('payment_intent.requires_action', intent))
    await looked(before + 2)
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
    expect((await fetch(`${running().url}/payments/stripe`)).status).toBe(405)
  })
})

describe('a refund that Stripe takes its time with', () => {
  it('is pending, and gone when Stripe says so', async () => {
    const { place, phase } = await attempt(running(), 'pm_ok')
    const { order } = await place()
    const id = order?.id ?? ''
    await eventually('captured', async () => (await phase()) === 'done')
    stripe.setRefundStatus('pending')
    const staff = desk(running().ask)
    const { warnings } = await staff.refund(id, '2.00')
    stripe.setRefundStatus('succeeded')
    expect(warnings).toHaveLength(1)
    expect((await staff.order(id)).payment).toMatchObject({
      refunded: { amount: '0.00' },
      refunds: [{ state: 'PENDING', amount: { amount: '2.00' } }],
    })
    await world.database.orderTask.updateMany({ data: { nextTryAt: LATER } })
    const refund = stripe.refunds().at(-1)
    if (!refund) throw new Error('Nothing was refunded.')
    refund.status = 'succeeded'
    await send(notification('refund.updated', refund))
    await eventually('gone', async () => (await staff.order(id)).payment.refunded.amount === '2.00')
    expect(stripe.refunds().filter(({ payment_intent }) => payment_intent === refund.payment_intent)).toHaveLength(1)
  })
})

describe('while Stripe is down', () => {
  it('orders are refused fast, without waiting for each, and come with the same key when it is back', async () => {
    const refusing = await startWith({ ATTEMPT_PATIENCE_MS: '0', PAYMENT_TIMEOUT_MS: '500' })
    stripe.setDown(true)
    let last = await attempt(refusing, 'pm_ok')
    // After some failures Stripe is not even asked; the longer it is down, the longer it is left alone.
    await eventually('refused without asking', async () => {
      last = await attempt(refusing, 'pm_ok')
      stripe.asked.length = 0
      const { __typename } = await last.place()
      return __typename === 'CheckoutUnavailable' && !stripe.asked.some(({ step }) => step === 'create')
    })
    const { place, orders, guest, cartId } = last
    expect(await guest.cart(cartId)).toMatchObject({ status: 'OPEN' })
    stripe.setDown(false)
    await eventually('back', async () => (await place()).__typename === 'OrderPlaced', 20_000)
    expect(await orders()).toBe(1)
  }, 40_000)

  it('orders can be accepted instead, and come when it is back', async () => {
    const accepting = await startWith({ PAYMENT_DOWN: 'accept', ATTEMPT_PATIENCE_MS: '0', PAYMENT_TIMEOUT_MS: '500' })
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
