// Longer than most: one function for each thing a shopper does with a cart, each a few lines.
import type { Emit, Transact } from '@commerce/events/outbox.ts'
import type { Prisma } from '@commerce/prisma/checkout'
import { codeFrom, customerOf } from '../discount/promotion.ts'
import { findByCode, findUsesOf } from '../discount/repository.ts'
import type { Offer } from '../offer/offer.ts'
import { findOffers } from '../offer/repository.ts'
import { ProviderDown } from '../provider/http.ts'
import type { ShippingOption } from '../shipping/shipping.ts'
import type { Bill, BillingService } from '../totals/service.ts'
import { type Cart, type Change, cartChanged, changed, EMPTY, isOpenTo, isUnchanged, whyClosed } from './cart.ts'
import { type AddressesInput, applyCode, removeCode, selectShipping, setAddresses, setBuyer } from './details.ts'
import { type CartFault, fault } from './fault.ts'
import { addLines, removeLines, updateLines } from './lines.ts'
import { type PricedCart, priceCart } from './priced-cart.ts'
import { findCart, findCurrentCart, insertCart, lockCart, saveCart } from './repository.ts'

type Tx = Prisma.TransactionClient

/** The cart after a change that happened (no faults), or as it is when it did not; null when the viewer has no such cart. */
export interface CartAnswer {
  cart: PricedCart | null
  faults: readonly CartFault[]
  warnings?: readonly string[]
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
  billing: BillingService
  newId(): string
  now(): Date
}

export type CartService = ReturnType<typeof createCartService>

/** Carts: each change is one transaction, all of it or nothing. */
export function createCartService({ database, transact, billing, newId, now }: CartDependencies) {
  const bills = new WeakMap<PricedCart, Promise<Bill | null>>()
  return {
    /** The cart at the prices of now, or null when the viewer may not see one with this id. */
    async find(id: string, viewerId: string | null): Promise<PricedCart | null> {
      const cart = await findCart(database, id)
      return cart && isOpenTo(cart, viewerId) ? priced(database, cart) : null
    },

    /** The cart that the viewer changed last of those that can still be ordered, or null. */
    async current(viewerId: string): Promise<PricedCart | null> {
      const cart = await findCurrentCart(database, viewerId)
      return cart && priced(database, cart)
    },

    /** What there is to pay for a cart, found out once for each reading of it; null: nothing says. */
    bill(cart: PricedCart): Promise<Bill | null> {
      const known = bills.get(cart)
      if (known) return known
      const bill = cart.billable === null ? Promise.resolve(null) : billing.bill(cart.billable)
      bills.set(cart, bill)
      return bill
    },

    create(viewerId: string | null, lines: readonly { sku: string; quantity: number }[]): Promise<CartAnswer> {
      return transact(async (tx, emit) => {
        const change = addLines(EMPTY, lines, await offersOf(tx, lines), newId)
        if ('faults' in change) return { cart: null, faults: change.faults }
        const id = newId()
        await insertCart(tx, { id, viewerId, ...EMPTY, ...change })
        return { cart: await announced(tx, emit, id), faults: [] }
      })
    },

    add(to: CartChange, lines: readonly { sku: string; quantity: number }[]): Promise<CartAnswer> {
      return change(to, (cart, offers) => addLines(cart, lines, offers, newId), lines)
    },

    update(to: CartChange, lines: readonly { id: string | null; quantity: number }[]): Promise<CartAnswer> {
      return change(to, (cart, offers) => updateLines(cart, lines, offers))
    },

    remove(to: CartChange, lineIds: readonly (string | null)[]): Promise<CartAnswer> {
      return change(to, (cart) => removeLines(cart, lineIds))
    },

    setBuyer(to: CartChange, email: string | null): Promise<CartAnswer> {
      return change(to, () => setBuyer(email))
    },

    setAddresses(to: CartChange, addresses: AddressesInput): Promise<CartAnswer> {
      return change(to, () => setAddresses(addresses))
    },

    /** Chooses a way of delivery, by the options of now: they are asked for before the cart is locked. */
    async selectShipping(to: CartChange, optionId: string): Promise<CartAnswer> {
      const { cartId, viewerId } = to
      const cart = cartId === null ? null : await findCart(database, cartId)
      if (!cart || !isOpenTo(cart, viewerId)) return NO_CART
      let options: readonly ShippingOption[]
      try {
        const { billable } = await priced(database, cart)
        options = (billable && (await billing.options(billable))) ?? []
      } catch (error) {
        if (!(error instanceof ProviderDown)) throw error
        const message = 'The ways of delivery cannot be found out at the moment: try again soon.'
        return change(to, () => ({ faults: [fault('SHIPPING_UNAVAILABLE', ['optionId'], message)] }))
      }
      return change(to, () => selectShipping(optionId, options))
    },

    applyCode(to: CartChange, text: string): Promise<CartAnswer> {
      return change(to, async (cart, _, tx) => {
        const code = codeFrom(text)
        const promotion = code === null ? null : await findByCode(tx, code)
        const customer = customerOf(cart.viewerId, cart.buyerEmail)
        const uses = promotion ? await findUsesOf(tx, customer, [promotion.id]) : new Map<string, number>()
        return applyCode(cart, promotion, uses, now())
      })
    },

    removeCode(to: CartChange, code: string): Promise<CartAnswer> {
      return change(to, (cart) => removeCode(cart, codeFrom(code)))
    },
  }

  function change(
    { cartId, viewerId, expectedVersion }: CartChange,
    rule: (cart: Cart, offers: Map<string, Offer>, tx: Tx) => Change | Promise<Change>,
    further: readonly { sku: string }[] = [],
  ): Promise<CartAnswer> {
    return transact(async (tx, emit) => {
      const cart = cartId === null ? null : await lockCart(tx, cartId)
      if (!cart || !isOpenTo(cart, viewerId)) return NO_CART
      const closed = whyClosed(cart, expectedVersion)
      if (closed) return { cart: await priced(tx, cart), faults: [closed] }
      const offers = await offersOf(tx, [...cart.lines, ...further])
      const made = await rule(cart, offers, tx)
      if ('faults' in made) return { cart: priceCart(cart, offers), faults: made.faults }
      const content = changed(cart, made)
      if (isUnchanged(cart, content)) return { cart: priceCart(cart, offers), faults: [] }
      await saveCart(tx, cart.id, content)
      return { cart: await announced(tx, emit, cart.id), faults: [] }
    })
  }
}

const NO_CART: CartAnswer = {
  cart: null,
  faults: [{ code: 'CART_NOT_FOUND', field: ['cartId'], message: 'There is no such cart.' }],
}

/** The offers of these SKUs. */
export function offersOf(db: Tx, lines: readonly { sku: string }[]): Promise<Map<string, Offer>> {
  return findOffers(db, [...new Set(lines.map(({ sku }) => sku))])
}

/** A cart at the prices of now. */
export async function priced(db: Tx, cart: Cart): Promise<PricedCart> {
  return priceCart(cart, await offersOf(db, cart.lines))
}

/** The cart after a change, whose event leaves with it. */
export async function announced(tx: Tx, emit: Emit, id: string): Promise<PricedCart> {
  const cart = (await findCart(tx, id)) as Cart
  emit(cartChanged(cart))
  return priced(tx, cart)
}
