import type { Member } from '@commerce/events/group-commit.ts'
import type { Prisma } from '@commerce/prisma/checkout'
import { cartChanged, isOpenTo } from '../cart/cart.ts'
import { lockCarts, startPlacing } from '../cart/repository.ts'
import type { Attempt, AttemptState, PlaceRequest } from './attempt.ts'
import { whyNot } from './refusal.ts'
import { type AttemptKey, insertAttempts, type Lease } from './repository.ts'

type Tx = Prisma.TransactionClient

/** What has to be stored before anything is done for an order. */
export interface Beginning {
  key: AttemptKey
  attempt: Omit<Attempt, 'state'>
  request: PlaceRequest
  lease: Lease
}

/** The attempt as it was stored, or why it was not: its key has one already, or there is no such cart. */
export type Begun = Attempt | 'overtaken' | 'noCart'

/** Checks the carts, keeps each for its attempt and stores the attempts, in the caller's transaction. */
export async function beginAll(tx: Tx, members: readonly Member<Beginning>[]): Promise<Begun[]> {
  const carts = await lockCarts(
    tx,
    members.map(({ input }) => input.attempt.cartId),
  )
  const possible = members.flatMap(({ input: { key, attempt, request, lease }, emit }) => {
    const cart = carts.get(attempt.cartId)
    if (!cart || !isOpenTo(cart, attempt.viewerId)) return []
    const failure = whyNot(cart)
    const state: AttemptState = failure ? { at: 'failed', failure } : { at: 'started', request, round: attempt.id }
    return [{ key, attempt: { ...attempt, state }, lease: failure ? null : lease, emit }]
  })
  const stored = await insertAttempts(tx, possible)
  const started = possible.filter(({ attempt, lease }) => lease !== null && stored.has(attempt.id))
  const standings = await startPlacing(
    tx,
    started.map(({ attempt }) => ({ cartId: attempt.cartId, attemptId: attempt.id })),
  )
  for (const { attempt, emit } of started) {
    const standing = standings.get(attempt.cartId)
    if (standing) emit(cartChanged(standing))
  }
  const begun = new Map(possible.map(({ attempt }) => [attempt.id, attempt]))
  return members.map(({ input: { attempt } }) => {
    return stored.has(attempt.id) ? (begun.get(attempt.id) as Attempt) : begun.has(attempt.id) ? 'overtaken' : 'noCart'
  })
}
