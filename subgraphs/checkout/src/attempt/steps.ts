import type { Prisma } from '@commerce/prisma/checkout'
import { mayCapture } from '../order/life.ts'
import type { Order } from '../order/order.ts'
import { findOrder } from '../order/repository.ts'
import { authorizationKeyOf, type PaymentResult, type Payments, settle } from '../payment/payment.ts'
import type { Remotes } from '../remotes.ts'
import {
  type Attempt,
  type AttemptState,
  actionDeadline,
  type Fact,
  HOLD_MS,
  holdIsSafe,
  STOCK_PATIENCE_MS,
} from './attempt.ts'
import type { createQuote } from './quote.ts'

type At<P extends AttemptState['at']> = AttemptState & { at: P }

export interface StepDependencies {
  database: Prisma.TransactionClient
  quote: ReturnType<typeof createQuote>
  remotes: Remotes
  payments: Payments
  /** How long a shopper has to confirm a payment. */
  actionMs: number
  newId(): string
  now(): Date
}

/** Does what the state asks for and answers what came of it; rejects when that cannot be said yet. */
export type Perform = (attempt: Attempt, options: { resumed: boolean }) => Promise<Fact>

/**
 * The steps of placing an order. Each talks to one other party, outside of any transaction, and can be repeated: a step that was interrupted is
 * simply done again (`resumed`).
 */
export function createSteps({ database, quote, remotes, payments, actionMs, newId, now }: StepDependencies): Perform {
  return ({ cartId, openedAt, state }, { resumed }) => {
    switch (state.at) {
      case 'started':
        return quote(cartId, state.request, inFuture(HOLD_MS))
      case 'quoted':
        return hold(state)
      case 'held':
        return authorize(state, resumed)
      case 'awaitingAction':
        return lookForAction(state)
      case 'authorized':
        return commitOrder(state)
      case 'ordered':
        return take(state, openedAt, resumed)
      case 'reviewing':
        return review(state)
      case 'sold':
        return capture(state, resumed)
      case 'cancelling':
        return cancel(state, resumed)
      case 'undoing':
        return undo(state, resumed)
      default:
        throw new Error(`Nothing is left to do for an attempt that is "${state.at}".`)
    }
  }

  async function hold(state: At<'quoted'>): Promise<Fact> {
    if (!holdIsSafe(state, now())) return tookTooLong()
    const { round, lines, holdUntil } = state
    const answer = await remotes.reserve(round, lines, holdUntil, state.details?.destination)
    if (answer.outcome === 'reserved') return { is: 'held' }
    if (answer.outcome === 'closed') return tookTooLong()
    const wanted = new Map(lines.map(({ sku, quantity }) => [sku, quantity]))
    const shortages = answer.shortages.map(({ sku, available }) => ({
      sku,
      requested: wanted.get(sku) ?? 0,
      available: Math.max(0, available),
    }))
    return { is: 'failed', failure: { is: 'outOfStock', shortages } }
  }

  async function authorize(state: At<'held'>, madeBefore: boolean): Promise<Fact> {
    if (!holdIsSafe(state, now())) return tookTooLong()
    const { round, totals, request } = state
    if (totals.total === 0n) return { is: 'authorized' }
    const which = { kind: 'authorize', ...authorizationOf(round) } as const
    const money = { minorUnits: totals.total, currencyCode: totals.currencyCode }
    const call = () => payments.authorize({ key: which.key, money, token: request.paymentToken })
    const result = await settle(payments, which, call, { madeBefore })
    if (result.is !== 'actionRequired') return authorizedOr(result)
    return { is: 'actionRequired', action: result.action, actionUntil: actionDeadline(state, actionMs, now()) }
  }

  // The provider tells (or the shopper's page asks) when something may have happened; what has is always looked up.
  async function lookForAction({ round, actionUntil }: At<'awaitingAction'>): Promise<Fact> {
    const result = await payments.lookup({ kind: 'authorize', ...authorizationOf(round) })
    if (result && result.is !== 'actionRequired') return authorizedOr(result)
    if (now().getTime() < Date.parse(actionUntil)) return { is: 'stillAwaited' }
    return declined('The payment was not confirmed in time. Nothing was charged.')
  }

  async function commitOrder(state: At<'authorized'>): Promise<Fact> {
    return holdIsSafe(state, now()) ? { is: 'ordered', orderId: newId() } : tookTooLong()
  }

  async function take(state: At<'ordered'>, openedAt: Date, resumed: boolean): Promise<Fact> {
    // What is called off in the very moments of its placing is noticed when its units are taken.
    if ((resumed || state.regain) && (await orderOf(state)).status === 'CANCELLING') return { is: 'calledOff' }
    return state.regain ? regain(state, openedAt) : sell(state)
  }

  async function review(state: At<'reviewing'>): Promise<Fact> {
    const order = await orderOf(state)
    if (order.status === 'CANCELLING') return { is: 'calledOff' }
    return mayCapture(order) ? { is: 'cleared' } : { is: 'heldBack' }
  }

  async function sell({ reservationId }: At<'ordered'>): Promise<Fact> {
    const { state } = await remotes.commit(reservationId)
    return state === 'committed' ? { is: 'sold' } : { is: 'holdLost', reservationId: newId() }
  }

  // The units went back before the order could take them: they are taken anew, as soon as there are enough. The inventory remembers a refusal
  // by its reservation, so each try in vain needs another one.
  async function regain(state: At<'ordered'>, openedAt: Date): Promise<Fact> {
    const { reservationId, lines } = state
    const answer = await remotes.reserve(reservationId, lines, inFuture(HOLD_MS))
    if (answer.outcome !== 'insufficient') return sell(state)
    const late = now().getTime() - openedAt.getTime() >= STOCK_PATIENCE_MS
    return late ? { is: 'goneForGood' } : { is: 'stillShort', reservationId: newId() }
  }

  async function capture({ round, free }: At<'sold'>, madeBefore: boolean): Promise<Fact> {
    if (free) return { is: 'captured' }
    const which = { key: `${round}:capture`, authorizationKey: authorizationKeyOf(round) }
    const call = () => payments.capture(which)
    const result = await settle(payments, { kind: 'capture', ...which }, call, { madeBefore })
    if (result.is === 'refused') return { is: 'captureRefused', message: result.message }
    return expecting('captured', result, { is: 'captured' })
  }

  async function cancel({ round, free, units }: At<'cancelling'>, madeBefore: boolean): Promise<Fact> {
    if (!free) await letGo({ round }, madeBefore)
    if (!units || units.are === 'gone') return { is: 'voided', problem: null }
    // What was held may have been taken, and the answer got lost.
    const taken = units.are === 'sold' || (await remotes.release(units.reservationId)).state === 'committed'
    return { is: 'voided', problem: taken ? await remotes.giveBack(round, units) : null }
  }

  async function undo(state: At<'undoing'>, madeBefore: boolean): Promise<Fact> {
    if (state.payment) await letGo(state, madeBefore)
    await remotes.release(state.round)
    return { is: 'undone' }
  }

  async function letGo({ round }: { round: string }, madeBefore: boolean): Promise<void> {
    const which = { key: `${round}:void`, authorizationKey: authorizationKeyOf(round) }
    const result = await settle(payments, { kind: 'void', ...which }, () => payments.void(which), { madeBefore })
    expecting('voided', result, undefined)
  }

  async function orderOf({ orderId }: { orderId: string }): Promise<Order> {
    const order = await findOrder(database, orderId)
    if (!order) throw new Error(`Order ${orderId} is gone.`)
    return order
  }

  function inFuture(ms: number): string {
    return new Date(now().getTime() + ms).toISOString()
  }
}

function authorizationOf(round: string) {
  const key = authorizationKeyOf(round)
  return { key, authorizationKey: key }
}

function authorizedOr(result: PaymentResult): Fact {
  if (result.is === 'authorized') return { is: 'authorized' }
  return declined('message' in result ? result.message : 'The payment was cancelled.')
}

function declined(message: string): Fact {
  return { is: 'failed', failure: { is: 'declined', message } }
}

function expecting<T>(wanted: PaymentResult['is'], result: PaymentResult, then: T): T {
  if (result.is === wanted) return then
  throw new Error(`The payment provider answered "${result.is}" where only "${wanted}" makes sense.`)
}

function tookTooLong(): Fact {
  return {
    is: 'failed',
    failure: { is: 'unavailable', message: 'Placing the order took too long. Nothing was charged.' },
  }
}
