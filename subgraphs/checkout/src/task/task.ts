import { createHash } from 'node:crypto'
import { jsonOf } from '../json.ts'
import type { Actor, Order } from '../order/order.ts'

export type TaskKind = 'fulfill' | 'cancel' | 'return' | 'refund'

interface Line {
  sku: string
  quantity: number
}

/**
 * The recovery point of a task: what it does next. A cancellation first waits until the attempt of its order is over, which may undo all of it
 * by itself; then the money goes back, or is let go when it could not be taken; then the units.
 */
export type TaskState =
  | { at: 'settling' }
  | { at: 'voiding' }
  | { at: 'refunding' }
  | { at: 'restocking'; lines: readonly Line[] }
  | { at: 'done' }
  | { at: 'failed'; message: string }

/** A change of an order that was asked for by a key. */
export interface Task {
  id: string
  orderId: string
  kind: TaskKind
  fingerprint: string
  by: Actor
  reason: string | null
  /** What it gives back, when it gives money back. */
  minorUnits: bigint | null
  createdAt: Date
  state: TaskState
}

/** What a step found out or did. */
export type TaskFact =
  | { is: 'settled' }
  | { is: 'stillPlacing' }
  | { is: 'voided' }
  | { is: 'refunded' }
  | { is: 'refundPending' }
  | { is: 'refundRefused'; message: string }
  | { is: 'restocked'; problem: string | null }

/** The state after a fact, for an order as it stands. Throws when the fact cannot happen there. */
export function advance({ kind, state }: Task, fact: TaskFact, order: Order): TaskState {
  switch (state.at) {
    case 'settling':
      if (fact.is === 'stillPlacing') return state
      if (fact.is === 'settled') return afterSettling(order)
      break
    case 'voiding':
      if (fact.is === 'voided') return restocking(order)
      break
    case 'refunding':
      if (fact.is === 'refundPending') return state
      if (fact.is === 'refunded') return kind === 'cancel' ? restocking(order) : { at: 'done' }
      if (fact.is === 'refundRefused') return { at: 'failed', message: fact.message }
      break
    case 'restocking':
      if (fact.is === 'restocked') return { at: 'done' }
      break
  }
  throw new Error(`"${fact.is}" cannot happen to a task that is "${state.at}".`)
}

function afterSettling(order: Order): TaskState {
  if (order.status === 'CANCELLED') return { at: 'done' }
  if (order.paymentState === 'FAILED') return { at: 'voiding' }
  return leftToRefund(order) > 0n ? { at: 'refunding' } : restocking(order)
}

function restocking({ lines }: Order): TaskState {
  return { at: 'restocking', lines: lines.map(({ sku, quantity }) => ({ sku, quantity })) }
}

/** What of a payment can still be given back, in minor units. */
export function leftToRefund({ captured, refunded, refunding }: Order): bigint {
  return captured - refunded - refunding
}

/** Whether nothing is left to do. */
export function isOver({ at }: TaskState): boolean {
  return at === 'done' || at === 'failed'
}

/** Whether nothing more can be done now after this fact. */
export function mustRest({ is }: TaskFact): boolean {
  return is === 'stillPlacing' || is === 'refundPending'
}

/** The same for the same input: how a key that is used with another input is noticed. */
export function fingerprintOf(kind: TaskKind, input: object): string {
  const text = jsonOf([kind, input])
  return createHash('sha256').update(text).digest('hex')
}
