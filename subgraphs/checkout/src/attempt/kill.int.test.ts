// Long because each phase has its own scene; what they share is told once.
import { randomUUID } from 'node:crypto'
import { eventually } from '@commerce/local/testing.ts'
import { uuidFrom } from '@commerce/service/ids.ts'
import { beforeAll, describe, expect, it } from 'vitest'
import { createWorld, type Process, phaseOf, startCheckout, startProcess, type World } from '../../test/checkout.ts'
import { shopper } from '../../test/shopper.ts'
import { lockTable, type Stock, startStock, whileLocked } from '../../test/stock.ts'

let world: World
let stock: Stock

beforeAll(async () => {
  world = await createWorld()
  stock = await startStock(world)
})

const startOne = (): Promise<Process> =>
  startProcess('../src/main.ts', world.environment({ ATTEMPT_LEASE_MS: '1000', LOG_LEVEL: 'fatal' }))

/** The process that was left over from the last scene, the victim of the next. */
let spare: Process | undefined

/** How a scene brings an attempt to where it is killed: it stands in the way of what a step has to write. */
interface Scene {
  /** Nobody writes to a table of checkout (or to inventory's), nor reads offers, until the returned function is called or the process is killed. */
  block(table: 'offer_price' | 'local_payment' | 'placed_order' | 'attempt' | 'inventory'): Promise<() => Promise<void>>
  /** Places the order. */
  go(): void
  reached(phase: string): Promise<void>
  /** Until the inventory counts so many units. */
  counted(counters: { onHand: number; reserved: number }): Promise<void>
  /** Until the payment provider's books say so. */
  booked(outcome: string): Promise<void>
}

const beforeItsStep: Record<string, (scene: Scene) => Promise<void>> = {
  async started({ block, go, reached }) {
    await block('offer_price')
    go()
    await reached('started')
  },
  async quoted({ block, go, reached }) {
    await block('inventory')
    go()
    await reached('quoted')
  },
  async held({ block, go, counted }) {
    await block('local_payment')
    go()
    await counted({ onHand: 10, reserved: 3 })
  },
  async authorized({ block, go, booked }) {
    await block('placed_order')
    go()
    await booked('authorized')
  },
  async ordered({ block, go, reached, counted }) {
    const pay = await block('local_payment')
    go()
    await counted({ onHand: 10, reserved: 3 })
    await block('inventory')
    await pay()
    await reached('ordered')
  },
  async sold({ block, go, reached, booked }) {
    const order = await block('placed_order')
    go()
    await booked('authorized')
    await block('local_payment')
    await order()
    await reached('sold')
  },
}

// The step has been carried out elsewhere, but the attempt does not know.
const afterItsStep: Record<string, (scene: Scene) => Promise<void>> = {
  async quoted({ block, go, reached, counted }) {
    const hold = await block('inventory')
    go()
    await reached('quoted')
    await block('attempt')
    await hold()
    await counted({ onHand: 10, reserved: 3 })
  },
  async held({ block, go, counted, booked }) {
    const pay = await block('local_payment')
    go()
    await counted({ onHand: 10, reserved: 3 })
    await block('attempt')
    await pay()
    await booked('authorized')
  },
  async ordered({ block, go, reached, counted }) {
    const pay = await block('local_payment')
    go()
    await counted({ onHand: 10, reserved: 3 })
    const sell = await block('inventory')
    await pay()
    await reached('ordered')
    await block('attempt')
    await sell()
    await counted({ onHand: 7, reserved: 0 })
  },
  async sold({ block, go, reached, booked }) {
    const order = await block('placed_order')
    go()
    await booked('authorized')
    const capture = await block('local_payment')
    await order()
    await reached('sold')
    await block('attempt')
    await capture()
    await booked('captured')
  },
}

async function whileUndoing({ block, go, reached, counted }: Scene): Promise<void> {
  const pay = await block('local_payment')
  go()
  await counted({ onHand: 10, reserved: 3 })
  await block('inventory')
  await pay()
  await reached('undoing')
}

/** Places an order in a process that is killed at the end of the scene; answers what the next process and the books say. */
async function killedAfter(scene: (scene: Scene) => Promise<void>, paymentToken = 'tok_ok') {
  const sku = `sku ${randomUUID()}`
  const idempotencyKey = randomUUID()
  const victim = spare ?? (await startOne())
  await world.sell(sku, 100)
  await stock.set(sku, 10)
  const cartId = await shopper(victim.ask).cartWith({ [sku]: 3 })
  const blocks: (() => Promise<void>)[] = []
  let answer: Promise<unknown> = Promise.resolve()
  const bookedOutcomes = async () => {
    const attempt = await world.database.attempt.findFirst({ where: { idempotencyKey } })
    const entries = await world.database.localPayment.findMany({
      where: { authorizationKey: `${attempt?.id}:authorize` },
      orderBy: { createdAt: 'asc' },
    })
    return entries.map(({ outcome }) => outcome)
  }

  const played = scene({
    async block(table) {
      const mode = table === 'offer_price' ? 'access exclusive' : 'exclusive' // what is known is only read
      const free = table === 'inventory' ? await stock.freeze() : await lockTable(world.databaseUrl, table, mode)
      let freed: Promise<void> | undefined
      const once = () => (freed ??= free())
      blocks.push(once)
      return once
    },
    go() {
      answer = shopper(victim.ask).place(cartId, { idempotencyKey, paymentToken })
      answer.catch(() => {})
    },
    async reached(phase) {
      await eventually(`phase ${phase}`, async () => (await phaseOf(world, idempotencyKey)) === phase)
    },
    async counted({ onHand, reserved }) {
      await eventually('the counters', async () => {
        const now = await stock.of(sku)
        return now.onHand === onHand && now.reserved === reserved
      })
    },
    async booked(outcome) {
      await eventually(outcome, async () => (await bookedOutcomes()).includes(outcome))
    },
  })
  // Whatever becomes of a scene, the next one finds nothing in its way.
  await played.finally(async () => {
    spare = undefined
    await victim.kill()
    for (const free of blocks) await free()
  })
  await expect(answer).rejects.toThrow()

  const next = await startOne()
  await eventually('the end', async () => ['done', 'failed'].includes((await phaseOf(world, idempotencyKey)) ?? ''))
  const again = await shopper(next.ask).place(cartId, { idempotencyKey, paymentToken })
  const cart = uuidFrom(cartId, 'Cart') ?? ''
  const result = {
    again,
    orders: await world.database.order.count({ where: { cartId: cart } }),
    told: await world.database.outbox.count({
      where: { type: 'checkout.order.placed', data: { path: ['cartId'], equals: cart } },
    }),
    payments: await bookedOutcomes(),
    stock: await stock.of(sku),
    cart: (await shopper(next.ask).cart(cartId))?.status,
  }
  spare = next
  return result
}

const ONE_ORDER = {
  again: {
    __typename: 'OrderPlaced',
    order: { status: 'CONFIRMED', payment: { state: 'CAPTURED' }, totals: { total: { amount: '3.00' } } },
  },
  orders: 1,
  told: 1,
  payments: ['authorized', 'captured'],
  stock: { onHand: 7, reserved: 0 },
  cart: 'COMPLETED',
}

describe('an attempt whose process is killed ends as exactly one order with one capture', () => {
  it.each(Object.entries(beforeItsStep))(
    'when it was "%s"',
    async (_, scene) => expect(await killedAfter(scene)).toMatchObject(ONE_ORDER),
    60_000,
  )
  it.each(Object.entries(afterItsStep))(
    'when it was "%s" and the next step was carried out elsewhere, but not yet noted',
    async (_, scene) => expect(await killedAfter(scene)).toMatchObject(ONE_ORDER),
    60_000,
  )
})

describe('an attempt whose process is killed while it is undone', () => {
  it('ends with everything given back', async () => {
    expect(await killedAfter(whileUndoing, 'tok_decline')).toMatchObject({
      again: { __typename: 'PaymentDeclined' },
      orders: 0,
      told: 0,
      payments: ['declined', 'voided'],
      stock: { onHand: 10, reserved: 0 },
      cart: 'OPEN',
    })
  }, 60_000)
})

describe('a replica that is only slow', () => {
  it('does no harm when another has taken over', async () => {
    const settings = { ATTEMPT_LEASE_MS: '300' }
    const replicas = await Promise.all([startCheckout(world, settings), startCheckout(world, settings)])
    const [slow, other] = replicas.map((ask) => shopper(ask)) as [
      ReturnType<typeof shopper>,
      ReturnType<typeof shopper>,
    ]
    await world.sell('slow', 100)
    await stock.set('slow', 10)
    const cartId = await slow.cartWith({ slow: 1 })
    const idempotencyKey = randomUUID()
    const lease = async () => (await world.database.attempt.findFirst({ where: { idempotencyKey } }))?.lease
    const answer = await whileLocked(world.databaseUrl, 'local_payment', async () => {
      const first = slow.place(cartId, { idempotencyKey })
      await eventually('held', async () => (await stock.of('slow')).reserved === 1)
      const before = await lease()
      await eventually('taken over', async () => (await lease()) !== before)
      return { first }
    })
    const placed = await answer.first
    expect(placed.__typename).toMatch(/OrderPlaced|OrderPending/)
    await eventually('done', async () => (await phaseOf(world, idempotencyKey)) === 'done')
    const { order } = await other.place(cartId, { idempotencyKey })
    expect(order).toMatchObject({ status: 'CONFIRMED' })
    expect(await world.database.order.count({ where: { cartId: uuidFrom(cartId, 'Cart') ?? '' } })).toBe(1)
    expect(await world.database.localPayment.count({ where: { kind: 'capture', minorUnits: 100n } })).toBe(1)
    expect(await stock.of('slow')).toEqual({ onHand: 9, reserved: 0 })
  })
})
