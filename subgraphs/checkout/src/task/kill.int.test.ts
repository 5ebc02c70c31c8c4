// Long because each step of each task has its own scene.
import { randomUUID } from 'node:crypto'
import { eventually } from '@commerce/local/testing.ts'
import { decodeId } from '@commerce/service/ids.ts'
import { beforeAll, describe, expect, it } from 'vitest'
import { createWorld, type Process, startCheckoutAt, startProcess, type World } from '../../test/checkout.ts'
import { type PlayedInventory, playInventory } from '../../test/played-inventory.ts'
import { shopper } from '../../test/shopper.ts'
import { desk } from '../../test/staff.ts'
import { lockTable } from '../../test/stock.ts'

/*
 * Processes that are killed while they carry out what was asked of an order: before the next step was done elsewhere, and after it, but before that was
 * noted. The next process ends it, and nothing is done twice.
 */

let world: World
let inventory: PlayedInventory

beforeAll(async () => {
  world = await createWorld()
  inventory = await playInventory(world)
})

const startOne = (): Promise<Process> =>
  startProcess(
    '../src/main.ts',
    world.environment({ ATTEMPT_LEASE_MS: '1000', PLACE_WAIT_MS: '500', LOG_LEVEL: 'fatal' }),
  )

/** How a scene brings a task to where its process is killed. */
interface Scene {
  /** Nobody writes to a table until the returned function is called. */
  block(table: 'local_payment' | 'order_task' | 'attempt'): Promise<() => Promise<void>>
  /** From now on a command of the inventory waits until the returned function is called. */
  stall: PlayedInventory['stall']
  /** Asks for the refund or the cancellation. */
  go(): void
  reached(phase: string): Promise<void>
  /** Until the payment provider's books say so. */
  booked(kind: string): Promise<void>
  /** Until the units have come back. */
  unitsBack(): Promise<void>
}

/** An order of 19.00 USD is placed; a process is asked for the change and killed at the end of the scene; answers how all stands when the next is done. */
async function killedAfter(change: 'refund' | 'cancel', scene: (scene: Scene) => Promise<void>) {
  const sku = `sku ${randomUUID()}`
  const victim = await startOne()
  await world.sell(sku, 1_900)
  const guest = shopper(victim.ask)
  const id = await guest.ordered({ [sku]: 1 })
  await eventually('settled', async () => (await guest.order(id))?.status === 'CONFIRMED')
  const { round } = await world.database.order.findUniqueOrThrow({ where: { id: decodeId(id)?.key ?? '' } })
  const idempotencyKey = randomUUID()
  const task = () => world.database.orderTask.findFirst({ where: { idempotencyKey } })
  const books = () => world.database.localPayment.findMany({ where: { authorizationKey: `${round}:authorize` } })
  const freed: (() => void | Promise<void>)[] = []
  const ask = (by: Process) =>
    change === 'refund'
      ? desk(by.ask).refund(id, '19.00', { idempotencyKey })
      : desk(by.ask).cancel(id, { idempotencyKey })
  let answer: Promise<unknown> = Promise.resolve()

  await scene({
    async block(table) {
      const free = await lockTable(world.databaseUrl, table)
      let once: Promise<void> | undefined
      freed.push(() => (once ??= free()))
      return () => (once ??= free())
    },
    stall(name) {
      const go = inventory.stall(name)
      freed.push(go)
      return go
    },
    go() {
      answer = ask(victim)
      answer.catch(() => {})
    },
    async reached(phase) {
      await eventually(phase, async () => (await task())?.phase === phase)
    },
    async booked(kind) {
      await eventually(kind, async () => (await books()).some((entry) => entry.kind === kind))
    },
    async unitsBack() {
      await eventually('the units', async () => inventory.returned.has((await task())?.id ?? ''))
    },
  })
  await victim.kill()
  await answer.catch(() => {}) // it may have been answered before
  for (const free of freed) await free()

  const next = await startOne()
  await eventually('the end', async () => (await task())?.phase === 'done', 20_000)
  const { userErrors } = await ask(next)
  const shown = await desk(next.ask).order(id)
  const { id: taskId } = (await task()) ?? { id: '' }
  await next.kill()
  return {
    userErrors,
    status: shown.status,
    payment: shown.payment.state,
    refunded: shown.payment.refunded.amount,
    kinds: shown.timeline.map(({ kind }) => kind),
    books: (await books()).map(({ kind }) => kind).sort(),
    unitsBack: inventory.returned.get(taskId)?.map(({ quantity }) => quantity) ?? null,
  }
}

const REFUNDED = {
  userErrors: [],
  status: 'CONFIRMED',
  payment: 'REFUNDED',
  refunded: '19.00',
  kinds: ['PLACED', 'CONFIRMED', 'REFUND_REQUESTED', 'REFUNDED'],
  books: ['authorize', 'capture', 'refund'],
  unitsBack: null,
}

const CANCELLED = {
  ...REFUNDED,
  status: 'CANCELLED',
  kinds: ['PLACED', 'CONFIRMED', 'CANCEL_REQUESTED', 'REFUND_REQUESTED', 'REFUNDED', 'CANCELLED'],
  unitsBack: [1],
}

const whileRefunding = async ({ block, go, reached }: Scene) => {
  await block('local_payment')
  go()
  await reached('refunding')
}

const afterTheRefund = async ({ block, go, reached, booked }: Scene) => {
  const pay = await block('local_payment')
  go()
  await reached('refunding')
  await block('order_task')
  await pay()
  await booked('refund')
}

describe('a refund whose process is killed is given once', () => {
  it('when the provider was not asked yet', async () => {
    expect(await killedAfter('refund', whileRefunding)).toEqual(REFUNDED)
  }, 60_000)

  it('when the provider has given it, but that was not noted', async () => {
    expect(await killedAfter('refund', afterTheRefund)).toEqual(REFUNDED)
  }, 60_000)
})

describe('a cancellation whose process is killed gives money and units back once', () => {
  it('when it had only begun', async () => {
    const scene = async ({ block, go, reached }: Scene) => {
      await block('attempt') // its attempt cannot be looked at
      go()
      await reached('settling')
    }
    expect(await killedAfter('cancel', scene)).toEqual(CANCELLED)
  }, 60_000)

  it('when the money was not back yet', async () => {
    expect(await killedAfter('cancel', whileRefunding)).toEqual(CANCELLED)
  }, 60_000)

  it('when the money was back, but that was not noted', async () => {
    expect(await killedAfter('cancel', afterTheRefund)).toEqual(CANCELLED)
  }, 60_000)

  it('when the units were not back yet', async () => {
    const scene = async ({ stall, go, reached }: Scene) => {
      stall('giveBack')
      go()
      await reached('restocking')
    }
    expect(await killedAfter('cancel', scene)).toEqual(CANCELLED)
  }, 60_000)

  it('when the units were back, but that was not noted', async () => {
    const scene = async ({ block, stall, go, reached, unitsBack }: Scene) => {
      const giveBack = stall('giveBack')
      go()
      await reached('restocking')
      await block('order_task')
      giveBack()
      await unitsBack()
    }
    expect(await killedAfter('cancel', scene)).toEqual(CANCELLED)
  }, 60_000)
})

describe('an order whose process is killed', () => {
  /** An order that is held before its units are taken; its process is killed when it has asked for the change. */
  async function heldThenKilled(change: (staff: ReturnType<typeof desk>, id: string) => Promise<void>) {
    const victim = await startOne()
    const sku = `sku ${randomUUID()}`
    await world.sell(sku, 1_900)
    const go = inventory.stall('commit')
    const guest = shopper(victim.ask)
    const id = await guest.ordered({ [sku]: 1 })
    await desk(victim.ask).hold(id)
    go()
    const where = { order: { id: decodeId(id)?.key ?? '' } }
    const phase = async () => (await world.database.attempt.findFirst({ where }))?.phase
    await eventually('reviewing', async () => (await phase()) === 'reviewing', 20_000)
    await change(desk(victim.ask), id)
    await victim.kill()
    const next = await startOne()
    return { next, id, staff: desk(next.ask), phase }
  }

  it('while it is held waits on, and is captured once when it is released', async () => {
    const { next, id, staff, phase } = await heldThenKilled(async () => {})
    expect(await staff.order(id)).toMatchObject({ status: 'PLACED', payment: { state: 'AUTHORIZED' } })
    await staff.release(id)
    await eventually('captured', async () => (await phase()) === 'done')
    expect((await staff.order(id)).timeline.map(({ kind }) => kind)).toEqual([
      'PLACED',
      'HELD',
      'RELEASED',
      'CONFIRMED',
    ])
    await next.kill()
  }, 60_000)

  it('while its payment is let go and its units come back has both once', async () => {
    let go = () => {}
    const { next, id, staff } = await heldThenKilled(async (staff, id) => {
      go = inventory.stall('giveBack')
      await staff.cancel(id)
      const { round } = await world.database.order.findUniqueOrThrow({ where: { id: decodeId(id)?.key ?? '' } })
      const key = `${round}:void`
      await eventually('let go', () => world.database.localPayment.findUnique({ where: { key } }))
    })
    go()
    await eventually('cancelled', async () => (await staff.order(id)).status === 'CANCELLED', 20_000)
    expect(await staff.order(id)).toMatchObject({ payment: { state: 'VOIDED', captured: { amount: '0.00' } } })
    await next.kill()
  }, 60_000)
})

describe('a replica that is only slow', () => {
  it('does no harm when another has taken over', async () => {
    const settings = { ATTEMPT_LEASE_MS: '300', PLACE_WAIT_MS: '500' }
    const replicas = await Promise.all([startCheckoutAt(world, settings), startCheckoutAt(world, settings)])
    const [{ ask }] = replicas
    await world.sell('slow', 100)
    const id = await shopper(ask).ordered({ slow: 1 })
    const orderId = decodeId(id)?.key ?? ''
    const timeline = () => world.database.orderTimeline.findMany({ where: { orderId }, orderBy: { version: 'asc' } })
    const task = () => world.database.orderTask.findFirst({ where: { orderId } })
    await eventually('confirmed', async () => (await timeline()).length === 2)
    const go = inventory.stall('giveBack')
    await desk(ask).cancel(id)
    await eventually('restocking', async () => (await task())?.phase === 'restocking')
    const { lease } = (await task()) ?? {}
    await eventually('taken over', async () => ![lease, null].includes((await task())?.lease))
    go()
    await eventually('done', async () => (await task())?.phase === 'done', 20_000)
    await Promise.all(replicas.map((replica) => replica.stop())) // both have ended what they were at
    expect((await timeline()).map(({ kind }) => kind)).toEqual(CANCELLED.kinds)
  }, 60_000)
})
