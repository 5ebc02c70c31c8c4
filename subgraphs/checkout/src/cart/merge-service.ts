import type { Emit, Transact } from '@commerce/events/outbox.ts'
import type { Prisma } from '@commerce/prisma/checkout'
import { type Cart, type CartContent, cartChanged, changed, isOpenTo, isUnchanged, whyClosed } from './cart.ts'
import { type CartFault, fault } from './fault.ts'
import { type MergeMode, merge } from './merge.ts'
import { closeMerged, findCart, findCurrentCart, lockCart, saveCart } from './repository.ts'
import { announced, type CartAnswer, offersOf, priced } from './service.ts'

type Tx = Prisma.TransactionClient

export interface MergeRequest {
  viewerId: string
  /** Null: the id was none of a cart. */
  sourceId: string | null
  /** Undefined: the viewer's current cart, and without one the source becomes it. */
  targetId: string | null | undefined
  mode: MergeMode
  /** Of the target. */
  expectedVersion: number | null
  expectedSourceVersion: number | null
}

/** Brings a cart, such as the one filled before signing in, into a cart of the viewer. Done again it changes nothing. */
export function createMerge({ database, transact, newId }: { database: Tx; transact: Transact<Tx>; newId(): string }) {
  return async (request: MergeRequest): Promise<CartAnswer> => {
    const { viewerId, sourceId } = request
    const current = request.targetId === undefined ? await findCurrentCart(database, viewerId) : null
    return transact(async (tx, emit): Promise<CartAnswer> => {
      const ids = [sourceId, request.targetId ?? current?.id ?? null].flatMap((id) => id ?? [])
      const locked = new Map<string, Cart>()
      // In the order of their keys, so that two merges never wait for each other crosswise.
      for (const id of [...new Set(ids)].sort()) {
        const cart = await lockCart(tx, id)
        if (cart && isOpenTo(cart, viewerId)) locked.set(id, cart)
      }
      const source = locked.get(sourceId ?? '')
      if (!source) return refused(SOURCE_MISSING)
      if (request.targetId === null) return refused(TARGET_MISSING)
      if (source.state.is === 'merged') return mergedBefore(tx, source.state.into, request)
      const target = locked.get(request.targetId ?? current?.id ?? source.id)
      if (!target) return refused(TARGET_MISSING)
      const closed =
        whySourceClosed(source, request.expectedSourceVersion) ?? whyClosed(target, request.expectedVersion)
      if (closed) return { cart: await priced(tx, target), faults: [closed] }

      if (source.id === target.id) return keep(tx, emit, target, changed(target, {}), viewerId)
      const offers = await offersOf(tx, [...source.lines, ...target.lines])
      const merged = merge(source, target, request.mode, offers, newId)
      if ('faults' in merged) return { cart: await priced(tx, target), faults: merged.faults }
      emit(cartChanged(await closeMerged(tx, source.id, target.id)))
      return { ...(await keep(tx, emit, target, merged.content, viewerId)), warnings: merged.warnings }
    })
  }
}

// The target as it is now, unless another one is meant.
async function mergedBefore(tx: Tx, into: string, { targetId, viewerId }: MergeRequest): Promise<CartAnswer> {
  const target = targetId === undefined || targetId === into ? await findCart(tx, into) : null
  if (!target || !isOpenTo(target, viewerId)) {
    return refused(fault('CART_MERGED', ['sourceCartId'], 'This cart went into another one.'))
  }
  return { cart: await priced(tx, target), faults: [] }
}

// A target that was nobody's becomes the viewer's.
async function keep(tx: Tx, emit: Emit, target: Cart, content: CartContent, viewerId: string): Promise<CartAnswer> {
  if (target.viewerId !== null && isUnchanged(target, content)) return { cart: await priced(tx, target), faults: [] }
  await saveCart(tx, target.id, content, viewerId)
  return { cart: await announced(tx, emit, target.id), faults: [] }
}

const SOURCE_MISSING = fault('SOURCE_NOT_FOUND', ['sourceCartId'], 'There is no such cart.')
const TARGET_MISSING = fault('CART_NOT_FOUND', ['targetCartId'], 'There is no such cart.')

function refused(why: CartFault): CartAnswer {
  return { cart: null, faults: [why] }
}

function whySourceClosed(source: Cart, expectedVersion: number | null): CartFault | null {
  const closed = whyClosed(source, expectedVersion)
  if (closed === null) return null
  if (closed.code !== 'VERSION_CONFLICT') return { ...closed, field: ['sourceCartId'] }
  return { ...closed, code: 'SOURCE_VERSION_CONFLICT', field: ['expectedSourceVersion'] }
}
