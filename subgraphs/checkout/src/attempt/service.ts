import { setTimeout as pause } from 'node:timers/promises'
import { createGroupCommit } from '@commerce/events/group-commit.ts'
import type { Transact } from '@commerce/events/outbox.ts'
import type { Prisma } from '@commerce/prisma/checkout'
import { cartChanged } from '../cart/cart.ts'
import { lockCart, startPlacing } from '../cart/repository.ts'
import {
  type Attempt,
  type AttemptState,
  type Failure,
  fingerprintOf,
  hasOrder,
  isOver,
  type PlaceRequest,
  type RefusalCode,
} from './attempt.ts'
import { type Beginning, type Begun, beginAll } from './begin.ts'
import type { Driver } from './driver.ts'
import { refusal, whyMalformed, whyNot } from './refusal.ts'
import {
  type AttemptKey,
  findAttempt,
  findAttemptByKey,
  lockUnavailable,
  reopenAttempt,
  type StoredAttempt,
} from './repository.ts'

type Tx = Prisma.TransactionClient

/** What a request to place an order is answered with. */
export type PlaceAnswer =
  | { is: 'placed'; orderId: string }
  | { is: 'pending'; attemptId: string }
  | { is: 'actionRequired'; attemptId: string; clientSecret: string; redirectUrl: string | null; expiresAt: Date }
  | (Failure & { cartId: string })

export interface PlaceInput {
  /** Null: the id was none of a cart. */
  cartId: string | null
  viewerId: string | null
  idempotencyKey: string
  request: PlaceRequest
}

export interface PlacingDependencies {
  database: Tx
  transact: Transact<Tx>
  driver: Driver
  /** How long a request waits for its outcome before it is told "pending". */
  waitMs: number
  newId(): string
  now(): Date
}

export type PlacingService = ReturnType<typeof createPlacingService>

const LOOK_AGAIN_MS = 100

/** Placing orders: the same key is one attempt and one answer, however often and wherever it is asked. */
export function createPlacingService({ database, transact, driver, waitMs, newId, now }: PlacingDependencies) {
  // Requests that come at the same time are stored in the same transaction.
  const begin = createGroupCommit<Tx, Beginning, Begun>({
    transact,
    carryOut: beginAll,
    namesOf: ({ key, attempt }) => [`cart ${attempt.cartId}`, `key ${key.scope} ${key.idempotencyKey}`],
  })
  return { place }

  /** Places the order of a cart, or finds out what came of it before. */
  async function place(input: PlaceInput): Promise<PlaceAnswer> {
    const { cartId, viewerId, idempotencyKey, request } = input
    const malformed = whyMalformed(idempotencyKey, request)
    if (malformed) return { ...malformed, cartId: cartId ?? '' }
    if (cartId === null) return refused('CART_NOT_FOUND', '')
    const key: AttemptKey = { scope: viewerId === null ? `guest:${cartId}` : `viewer:${viewerId}`, idempotencyKey }
    const fingerprint = fingerprintOf(cartId, request)
    const deadline = Date.now() + waitMs

    const full = driver.isFull()
    const lease = driver.newLease()
    const attempt = { id: newId(), fingerprint, cartId, viewerId, openedAt: now() }
    // Most keys are new: whether one is known is only asked when it could not be stored.
    const begun = full ? null : await begin({ key, attempt, request, lease })
    if (begun === null || typeof begun === 'string') {
      const known = await findAttemptByKey(database, key)
      if (known?.fingerprint === fingerprint) return again(known, request, deadline)
      if (known) return refused('IDEMPOTENCY_KEY_REUSED', cartId)
      return begun === 'noCart' ? refused('CART_NOT_FOUND', cartId) : unavailable(cartId)
    }
    if (begun.state.at === 'started') void driver.drive(begun, lease, { resumed: false })
    return outcome(begun, deadline)
  }

  // The first look of a repeated request: what failed because something was unavailable is tried again, once what it left is undone.
  async function again(known: StoredAttempt, request: PlaceRequest, deadline: number): Promise<PlaceAnswer> {
    if (!wasUnavailable(known.state) || driver.isFull()) return outcome(known, deadline)
    if (known.state.at === 'undoing') {
      const answer = await outcome(known, deadline)
      const undone = await findAttempt(database, known.id)
      if (undone?.state.at !== 'failed') return answer
    }
    const lease = driver.newLease()
    const reopened = await transact(async (tx, emit) => {
      const attempt = await lockUnavailable(tx, known.id)
      if (!attempt) return null
      const cart = await lockCart(tx, attempt.cartId)
      const failure = cart ? whyNot(cart) : null
      if (failure) {
        // Kept, or the same key would be answered otherwise once the cart is free.
        await reopenAttempt(tx, attempt.id, { state: { at: 'failed', failure }, openedAt: attempt.openedAt }, null)
        return { ...failure, cartId: attempt.cartId }
      }
      // What was done elsewhere under the round before is closed: this one needs names of its own.
      const next = { state: { at: 'started', request, round: newId() } as const, openedAt: now() }
      await reopenAttempt(tx, attempt.id, next, lease)
      for (const standing of (await startPlacing(tx, [{ cartId: attempt.cartId, attemptId: attempt.id }])).values()) {
        emit(cartChanged(standing))
      }
      return { ...attempt, ...next }
    })
    if (reopened && 'is' in reopened) return reopened
    if (reopened) void driver.drive(reopened, lease, { resumed: false })
    return outcome(known, deadline)
  }

  // Waits until the attempt is over or rests, whoever works on it; at the deadline says what is known by then.
  async function outcome({ id, cartId }: Pick<Attempt, 'id' | 'cartId'>, deadline: number): Promise<PlaceAnswer> {
    for (let worked = false; ; ) {
      const work = driver.underWay(id)
      if (work) {
        const state = await Promise.race([work, pause(Math.max(0, deadline - Date.now()), null, { ref: false })])
        if (state) return answerOf({ id, cartId, state })
        worked = true
      }
      const attempt = await findAttempt(database, id)
      if (!attempt) throw new Error(`Attempt ${id} is gone.`)
      // With an order the answer is known: what remains comes in its own time, however often it is asked for.
      const rests = attempt.work === 'none' && (worked || hasOrder(attempt.state))
      if (isOver(attempt.state) || rests || Date.now() >= deadline) return answerOf(attempt)
      if (driver.underWay(id)) continue
      if (attempt.work === 'leased' || driver.isFull() || !(await driver.take(id))) {
        worked = true // by another process
        await pause(LOOK_AGAIN_MS)
      }
    }
  }
}

/** What is said of an attempt as it is now: an order that exists is placed, whatever remains to be settled. */
export function answerOf({ id, cartId, state }: Pick<Attempt, 'id' | 'cartId' | 'state'>): PlaceAnswer {
  if (hasOrder(state)) return { is: 'placed', orderId: state.orderId }
  if (state.at === 'undoing' || state.at === 'failed') return { ...state.failure, cartId }
  if (state.at === 'awaitingAction') {
    return { is: 'actionRequired', attemptId: id, ...state.action, expiresAt: new Date(state.actionUntil) }
  }
  return { is: 'pending', attemptId: id }
}

function wasUnavailable(state: AttemptState): boolean {
  return (state.at === 'undoing' || state.at === 'failed') && state.failure.is === 'unavailable'
}

function refused(code: RefusalCode, cartId: string): PlaceAnswer {
  return { ...refusal(code), cartId }
}

function unavailable(cartId: string): PlaceAnswer {
  return { is: 'unavailable', message: 'Too many orders are being placed at the moment. Nothing was charged.', cartId }
}
