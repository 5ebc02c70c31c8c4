// Above the usual length: one function for each thing that can be asked of an order, and the one way in which all of them are kept.
import { setTimeout as pause } from 'node:timers/promises'
import type { Emit, Transact } from '@commerce/events/outbox.ts'
import type { Prisma } from '@commerce/prisma/checkout'
import type { Money } from '@commerce/service/money.ts'
import { keepChange } from '../order/change.ts'
import { fault, type OrderFault } from '../order/fault.ts'
import { insertParcels } from '../order/history/repository.ts'
import {
  beginCancel,
  beginRefund,
  type Changed,
  fulfill,
  hold,
  type Quantity,
  release,
  takeBack,
} from '../order/life.ts'
import { type Actor, actorOn, type Order, type Parcel } from '../order/order.ts'
import { findOrder, lockOrder } from '../order/repository.ts'
import { isText } from '../text.ts'
import type { TaskDriver } from './driver.ts'
import { findByKey, findTask, insertTask } from './repository.ts'
import { fingerprintOf, isOver, type Task, type TaskKind, type TaskState } from './task.ts'

type Tx = Prisma.TransactionClient

/** Who asks for which order; `idempotencyKey` names the change. */
export interface Asked {
  /** Null: the id was none of an order. */
  orderId: string | null
  viewer: { id: string; scopes: readonly string[] } | null
  expectedVersion: number | null
}
export type AskedByKey = Asked & { idempotencyKey: string }

/** The order as it is now, and why it was not changed; `pending`: it is being carried out. Null: there is no such order for the viewer. */
export interface OrderAnswer {
  order: Order | null
  faults: readonly OrderFault[]
  pending: boolean
}

export type NewParcel = Omit<Parcel, 'id' | 'sentAt'>

export interface TaskDependencies {
  database: Tx
  transact: Transact<Tx>
  driver: TaskDriver
  /** Brings an attempt to its end now, if that can be. */
  finishAttempt(id: string): Promise<boolean>
  /** How long a request waits for what it asked for. */
  waitMs: number
  newId(): string
  now(): Date
}

export type TaskService = ReturnType<typeof createTaskService>

const MAX_KEY = 200
const MAX_REASON = 500
const MAX_PARCELS = 100
const LOOK_AGAIN_MS = 100

/** What a change comes to: the order after it, and what remains to be done elsewhere. */
interface Begun {
  change: Changed
  state: TaskState
  minorUnits?: bigint
  parcels?: readonly Parcel[]
}

/** Changes of orders that people ask for. What needs money or stock is recorded with the change of the order, and then carried out. */
export function createTaskService(dependencies: TaskDependencies) {
  const { database, transact, driver, finishAttempt, waitMs, newId, now } = dependencies
  const DONE: TaskState = { at: 'done' }

  return {
    /** Notes that parcels left. */
    fulfill: (asked: AskedByKey, parcels: readonly NewParcel[]): Promise<OrderAnswer> =>
      byKey(asked, 'fulfill', { parcels }, null, (order) => {
        if (parcels.length > MAX_PARCELS) {
          const message = `At most ${MAX_PARCELS} parcels are noted at once; these are ${parcels.length}.`
          return { faults: [fault('QUANTITY_OUT_OF_RANGE', ['parcels'], message)] }
        }
        const malformed = parcels.flatMap(whyMalformedParcel)
        if (malformed.length > 0) return { faults: malformed }
        const change = fulfill(order, parcels)
        if ('faults' in change) return change
        const sent = parcels.map((parcel) => ({ ...parcel, id: newId(), sentAt: now() }))
        return { change, state: DONE, parcels: sent }
      }),

    /** Takes back some of what was sent, into the stock or not. */
    takeBack: (asked: AskedByKey, lines: readonly Quantity[], restock: boolean, reason: string | null) =>
      byKey(asked, 'return', { lines, restock, reason }, reason, (order) => {
        const change = takeBack(order, lines, reason)
        if ('faults' in change) return change
        return { change, state: restock ? { at: 'restocking', lines } : DONE }
      }),

    /** Gives back an amount, or all that is left. */
    refund: (asked: AskedByKey, amount: Money | null, reason: string | null): Promise<OrderAnswer> =>
      byKey(asked, 'refund', { amount, reason }, reason, (order) => {
        const begun = beginRefund(order, amount, reason)
        return 'faults' in begun ? begun : { change: begun, state: { at: 'refunding' }, minorUnits: begun.minorUnits }
      }),

    /** Cancels an order of which nothing was sent: its money and its units go back. */
    cancel: (asked: AskedByKey, reason: string | null): Promise<OrderAnswer> =>
      byKey(asked, 'cancel', { reason }, reason, (order) => {
        const change = beginCancel(order, reason)
        return 'faults' in change ? change : { change, state: { at: 'settling' } }
      }),

    /** Holds an order for review. */
    hold(asked: Asked, reason: string): Promise<OrderAnswer> {
      if (!isText(reason, MAX_REASON)) return Promise.resolve(badText(['reason'], MAX_REASON))
      return change(asked, (order) => hold(order, reason, now()))
    },

    /** Lets a held order go on. */
    async release(asked: Asked): Promise<OrderAnswer> {
      const answer = await change(asked, release)
      if (!answer.order || answer.faults.length > 0) return answer
      await Promise.race([finishAttempt(answer.order.attemptId), pause(waitMs, undefined, { ref: false })])
      return { ...answer, order: await findOrder(database, answer.order.id) }
    },
  }

  function change(asked: Asked, decide: (order: Order) => Changed | { faults: readonly OrderFault[] }) {
    return transact(async (tx, emit): Promise<OrderAnswer> => {
      const found = await lockFor(tx, asked)
      if (!found) return noSuchOrder()
      const { order, by } = found
      const decided = whyStale(order, asked) ?? decide(order)
      if ('faults' in decided) return { order, faults: decided.faults, pending: false }
      return { order: await keepChange(tx, emit, decided, by, now()), faults: [], pending: false }
    })
  }

  // The same key is one change and one answer; the lock on the order lets one in at a time.
  async function byKey(
    asked: AskedByKey,
    kind: TaskKind,
    input: object,
    reason: string | null,
    decide: (order: Order) => Begun | { faults: readonly OrderFault[] },
  ): Promise<OrderAnswer> {
    if (!isText(asked.idempotencyKey, MAX_KEY)) return badText(['idempotencyKey'], MAX_KEY, 'INVALID_IDEMPOTENCY_KEY')
    if (reason !== null && !isText(reason, MAX_REASON)) return badText(['reason'], MAX_REASON)
    const fingerprint = fingerprintOf(kind, input)
    const lease = driver.newLease()
    const begun = await transact(async (tx, emit): Promise<OrderAnswer | { task: Task; isNew: boolean }> => {
      const found = await lockFor(tx, asked)
      if (!found) return noSuchOrder()
      const { order, by } = found
      const known = await findByKey(tx, order.id, asked.idempotencyKey)
      if (known?.fingerprint === fingerprint) return { task: known, isNew: false }
      if (known) {
        const message = 'This idempotency key was used with other input: a new change needs a new key.'
        return { order, faults: [fault('IDEMPOTENCY_KEY_REUSED', ['idempotencyKey'], message)], pending: false }
      }
      const decided = whyStale(order, asked) ?? decide(order)
      if ('faults' in decided) return { order, faults: decided.faults, pending: false }
      const task = { ...keyOf(order, kind, fingerprint, by, reason), ...decisionOf(decided) }
      await insertTask(tx, asked.idempotencyKey, task, isOver(task.state) ? null : lease)
      await keepBegun(tx, emit, decided, by)
      return { task, isNew: true }
    })
    if ('faults' in begun) return begun
    const { task, isNew } = begun
    if (isNew && !isOver(task.state)) void driver.drive(task, lease, { resumed: false })
    return outcome(task)
  }

  function keyOf({ id: orderId }: Order, kind: TaskKind, fingerprint: string, by: Actor, reason: string | null) {
    return { id: newId(), orderId, kind, fingerprint, by, reason, createdAt: now() }
  }

  async function keepBegun(tx: Tx, emit: Emit, { change, parcels }: Begun, by: Actor): Promise<void> {
    await keepChange(tx, emit, change, by, now())
    if (parcels) await insertParcels(tx, change.order.id, parcels)
  }

  // Waits until the task is over or rests, whoever works on it, and not longer than `waitMs`.
  async function outcome(first: Task): Promise<OrderAnswer> {
    const deadline = Date.now() + waitMs
    let task = first
    for (let worked = false; !isOver(task.state) && !worked && Date.now() < deadline; ) {
      if (!driver.underWay(task.id)) await driver.take(task.id)
      const work = driver.underWay(task.id)
      if (work) await Promise.race([work, pause(Math.max(0, deadline - Date.now()), undefined, { ref: false })])
      else await pause(LOOK_AGAIN_MS) // by another process
      worked = work !== undefined
      task = (await findTask(database, task.id)) ?? task
    }
    const { state, orderId } = task
    const faults = state.at === 'failed' ? [fault('REFUND_REFUSED', null, state.message)] : []
    return { order: await findOrder(database, orderId), faults, pending: !isOver(state) }
  }

  async function lockFor(tx: Tx, { orderId, viewer }: Asked): Promise<{ order: Order; by: Actor } | null> {
    const order = orderId === null ? null : await lockOrder(tx, orderId)
    const by = order && actorOn(order, viewer)
    return order && by && { order, by }
  }
}

function decisionOf({ state, minorUnits }: Begun) {
  return { state, minorUnits: minorUnits ?? null }
}

function whyStale(order: Order, { expectedVersion }: Asked): { faults: readonly OrderFault[] } | null {
  if (expectedVersion === null || expectedVersion === order.version) return null
  const message = `The order has version ${order.version}, not ${expectedVersion}: look at it again.`
  return { faults: [fault('VERSION_CONFLICT', ['expectedVersion'], message)] }
}

function noSuchOrder(): OrderAnswer {
  const message = 'There is no order with this id that you may change.'
  return { order: null, faults: [fault('ORDER_NOT_FOUND', ['orderId'], message)], pending: false }
}

function badText(
  field: readonly string[],
  max: number,
  code: 'INVALID_TEXT' | 'INVALID_IDEMPOTENCY_KEY' = 'INVALID_TEXT',
): OrderAnswer {
  const message = `\`${field.join('.')}\` has 1 to ${max} characters, none of them control characters.`
  return { order: null, faults: [fault(code, field, message)], pending: false }
}

const MAX_NAME = 200
const MAX_URL = 2_000

function whyMalformedParcel({ carrier, trackingNumber, trackingUrl }: NewParcel, index: number): OrderFault[] {
  const at = ['parcels', String(index)]
  const faults: OrderFault[] = []
  const bad = (name: string, what: string) => faults.push(fault('INVALID_TEXT', [...at, name], `\`${name}\` ${what}.`))
  const plain = `has 1 to ${MAX_NAME} characters, none of them control characters`
  if (!isText(carrier, MAX_NAME)) bad('carrier', plain)
  if (trackingNumber !== null && !isText(trackingNumber, MAX_NAME)) bad('trackingNumber', plain)
  // Shop pages make a link of it.
  if (
    trackingUrl !== null &&
    !(isText(trackingUrl, MAX_URL) && /^https?:\/\//.test(trackingUrl) && URL.canParse(trackingUrl))
  ) {
    bad('trackingUrl', 'is an address that begins with http:// or https://')
  }
  return faults
}
