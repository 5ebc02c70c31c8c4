import type { Emit, Transact } from '@commerce/events/outbox.ts'
import type { Prisma } from '@commerce/prisma/checkout'
import type { Offer } from '../offer/offer.ts'
import { findOffers } from '../offer/repository.ts'
import {
  addLines,
  areSame,
  type Cart,
  type Change,
  cartChanged,
  isOpenTo,
  removeLines,
  updateLines,
  whyClosed,
} from './cart.ts'
import type { CartFault } from './fault.ts'
import { type PricedCart, priceCart } from './priced-cart.ts'
import { findCart, insertCart, lockCart, saveLines } from './repository.ts'

type Tx = Prisma.TransactionClient

/** The cart after a change that happened (no faults), or as it is when it did not; null when the viewer has no such cart. */
export interface CartAnswer {
  cart: PricedCart | null
  faults: readonly CartFault[]
}

export interface CartChange {
  /** Null: the id was none of a cart. */
  cartId: string | null
  viewerId: string | null
  expectedVersion: number | null
}

export interface CartDependencies {
  database: Tx
  transact: Transact<Tx>
  newId(): string
}

export type CartService = ReturnType<typeof createCartService>

/** Carts: each change is one transaction, all of it or nothing. */
export function createCartService({ database, transact, newId }: CartDependencies) {
  return {
    /** The cart at the prices of now, or null when the viewer may not see one with this id. */
    async find(id: string, viewerId: string | null): Promise<PricedCart | null> {
      const cart = await findCart(database, id)
      return cart && isOpenTo(cart, viewerId) ? priced(database, cart) : null
    },

    create(viewerId: string | null, lines: readonly { sku: string; quantity: number }[]): Promise<CartAnswer> {
      return transact(async (tx, emit) => {
        const empty = { lines: [], currencyCode: null }
        const change = addLines(empty, lines, await offersOf(tx, lines), newId)
        if ('faults' in change) return { cart: null, faults: change.faults }
        const id = newId()
        await insertCart(tx, { id, viewerId, ...change })
        return { cart: await announced(tx, emit, id), faults: [] }
      })
    },

    add(to: CartChange, lines: readonly { sku: string; quantity: number }[]): Promise<CartAnswer> {
      return change(to, lines, (cart, offers) => addLines(cart, lines, offers, newId))
    },

    update(to: CartChange, lines: readonly { id: string | null; quantity: number }[]): Promise<CartAnswer> {
      return change(to, [], (cart, offers) => updateLines(cart, lines, offers))
    },

    remove(to: CartChange, lineIds: readonly (string | null)[]): Promise<CartAnswer> {
      return change(to, [], (cart) => removeLines(cart, lineIds))
    },
  }

  function change(
    { cartId, viewerId, expectedVersion }: CartChange,
    further: readonly { sku: string }[],
    rule: (cart: Cart, offers: Map<string, Offer>) => Change,
  ): Promise<CartAnswer> {
    return transact(async (tx, emit) => {
      const cart = cartId === null ? null : await lockCart(tx, cartId)
      if (!cart || !isOpenTo(cart, viewerId)) return { cart: null, faults: [NOT_FOUND] }
      const closed = whyClosed(cart, expectedVersion)
      if (closed) return { cart: await priced(tx, cart), faults: [closed] }
      const offers = await offersOf(tx, [...cart.lines, ...further])
      const changed = rule(cart, offers)
      if ('faults' in changed) return { cart: priceCart(cart, offers), faults: changed.faults }
      if (areSame(cart.lines, changed.lines)) return { cart: priceCart(cart, offers), faults: [] }
      await saveLines(tx, cart.id, changed)
      return { cart: await announced(tx, emit, cart.id), faults: [] }
    })
  }
}

const NOT_FOUND: CartFault = { code: 'CART_NOT_FOUND', field: ['cartId'], message: 'There is no such cart.' }

function offersOf(db: Tx, lines: readonly { sku: string }[]): Promise<Map<string, Offer>> {
  return findOffers(db, [...new Set(lines.map(({ sku }) => sku))])
}

async function priced(db: Tx, cart: Cart): Promise<PricedCart> {
  return priceCart(cart, await offersOf(db, cart.lines))
}

// The cart after a change, whose event leaves with it.
async function announced(tx: Tx, emit: Emit, id: string): Promise<PricedCart> {
  const cart = (await findCart(tx, id)) as Cart
  emit(cartChanged(cart))
  return priced(tx, cart)
}
