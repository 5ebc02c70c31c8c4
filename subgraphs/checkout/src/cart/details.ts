import { customerOf, type Promotion, REASONS, whyNotNow } from '../discount/promotion.ts'
import type { ShippingOption } from '../shipping/shipping.ts'
import { type AddressInput, addressFrom, emailFrom } from './address.ts'
import type { Cart, CartContent, Change } from './cart.ts'
import { fault, MAX_CODES } from './fault.ts'

/** An address of a cart as it is told: left out, it stays; null takes it out. */
export interface AddressesInput {
  shipping?: AddressInput | null | undefined
  billing?: AddressInput | null | undefined
}

/** Says who buys; null: nobody has said. */
export function setBuyer(email: string | null): Change {
  const buyerEmail = email === null ? null : emailFrom(email)
  if (email === null || buyerEmail !== null) return { buyerEmail }
  return { faults: [fault('EMAIL_INVALID', ['email'], 'Expected an e-mail address, such as "ann@example.com".')] }
}

/** Sets the addresses that are given. */
export function setAddresses({ shipping, billing }: AddressesInput): Change {
  const set: Partial<Pick<CartContent, 'shippingAddress' | 'billingAddress'>> = {}
  const faults = []
  for (const [kind, input] of [['shipping', shipping] as const, ['billing', billing] as const]) {
    if (input === undefined) continue
    const address = input === null ? null : addressFrom(input)
    if (address !== null && 'faults' in address) {
      faults.push(...address.faults.map(({ code, part, message }) => fault(code, [kind, part], message)))
    } else set[`${kind}Address`] = address
  }
  return faults.length > 0 ? { faults } : set
}

/** Chooses one of the ways to deliver that there are, at its price. */
export function selectShipping(optionId: string, options: readonly ShippingOption[]): Change {
  const option = options.find(({ id }) => id === optionId)
  if (!option) {
    const message = 'There is no such way of delivery for this cart and its address: `Cart.shippingOptions` names them.'
    return { faults: [fault('SHIPPING_OPTION_UNKNOWN', ['optionId'], message)] }
  }
  const { id, title, minorUnits, currencyCode } = option
  return { shippingChoice: { id, title, minorUnits, currencyCode } }
}

/** Puts a code into a cart, given the promotion that has it. What the cart itself lacks for it is no hindrance: `Cart.problems` tells. */
export function applyCode(
  cart: Pick<Cart, 'viewerId' | 'buyerEmail' | 'discountCodes'>,
  promotion: Promotion | null,
  usesOfCustomer: ReadonlyMap<string, number>,
  now: Date,
): Change {
  const customer = customerOf(cart.viewerId, cart.buyerEmail)
  const why = promotion === null ? 'UNKNOWN_CODE' : whyNotNow(promotion, { now, customer, usesOfCustomer })
  // Nobody learns which codes there will be, or were.
  if (promotion === null || promotion.code === null || why === 'NOT_STARTED' || why === 'ENDED') {
    return { faults: [fault('DISCOUNT_CODE_UNKNOWN', ['code'], 'There is no such code, or not now.')] }
  }
  if (why !== null && why !== 'CUSTOMER_UNKNOWN') {
    return { faults: [fault('DISCOUNT_NOT_APPLICABLE', ['code'], `The code cannot be used: ${REASONS[why]}.`)] }
  }
  if (cart.discountCodes.includes(promotion.code)) return {}
  if (cart.discountCodes.length === MAX_CODES) {
    return { faults: [fault('TOO_MANY_DISCOUNT_CODES', ['code'], `A cart has at most ${MAX_CODES} discount codes.`)] }
  }
  return { discountCodes: [...cart.discountCodes, promotion.code] }
}

/** Takes a code out of a cart. */
export function removeCode({ discountCodes }: Pick<Cart, 'discountCodes'>, code: string | null): Change {
  if (code !== null && discountCodes.includes(code))
    return { discountCodes: discountCodes.filter((each) => each !== code) }
  return { faults: [fault('DISCOUNT_CODE_UNKNOWN', ['code'], 'The cart has no such code.')] }
}
