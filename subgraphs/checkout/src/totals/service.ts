import { createBatch } from '@commerce/cache/batch.ts'
import type { Prisma } from '@commerce/prisma/checkout'
import { applyPromotions, type Discounts } from '../discount/apply.ts'
import { findCandidates, findUsesOf } from '../discount/repository.ts'
import { ProviderDown } from '../provider/http.ts'
import type { ShippingOption, ShippingProvider } from '../shipping/shipping.ts'
import type { Taxes, TaxProvider } from '../tax/tax.ts'
import { type Account, account, type Delivery, deliveryPrice, netOf } from './bill.ts'
import {
  type Billable,
  type BillProblem,
  choiceProblem,
  deliveryAddressProblem,
  destinationOf,
  ships,
} from './billable.ts'

/** A cart's bill by what is known now; `estimated`: a part of it is not. */
export interface Bill extends Account {
  estimated: boolean
  options: readonly ShippingOption[]
  problems: readonly BillProblem[]
  /** The promotions whose use an order takes. */
  used: readonly string[]
}

export interface BillingDependencies {
  database: Prisma.TransactionClient
  shipping: ShippingProvider
  tax: TaxProvider
  now(): Date
}

export type BillingService = ReturnType<typeof createBillingService>

/** Bills: the one way in which carts and orders get their totals. Asks providers: never inside a transaction. */
export function createBillingService({ database, shipping, tax, now }: BillingDependencies) {
  // What many carts are billed with at the same moment is read once.
  const used = createBatch(async () => {
    const [ships, taxed] = await Promise.all([shipping.isUsed(), tax.isUsed()])
    return new Map(Object.entries({ ships, taxed }))
  })
  const candidates = createBatch(async (keys) => {
    const codes = keys.map((key) => JSON.parse(key) as string[])
    const found = await findCandidates(database, [...new Set(codes.flat())], now())
    return new Map(
      keys.map((key, i) => [key, found.filter(({ code }) => code === null || codes[i]?.includes(code))] as const),
    )
  })
  return { options, bill }

  /** The ways to deliver a cart; null: it needs none, or its address has no country yet. Rejects with `ProviderDown`. */
  async function options(cart: Billable): Promise<readonly ShippingOption[] | null> {
    const { delivers, off } = await begin(cart)
    return delivers ? optionsFor(cart, off) : null
  }

  /** The whole bill. A provider that gives no answer is a problem of it, not a failure. */
  async function bill(cart: Billable): Promise<Bill> {
    const { delivers, taxed, off } = await begin(cart)
    const problems: BillProblem[] = off.refused.map((refusal) => ({ is: 'discountNotApplicable', ...refusal }))
    const note = (problem: BillProblem | null) => problem && problems.push(problem)
    let delivery: Delivery | null = null
    let choices: readonly ShippingOption[] = []
    if (delivers) {
      note(deliveryAddressProblem(cart.shippingAddress))
      const found = await unlessDown(optionsFor(cart, off), 'SHIPPING', note)
      if (found) note(choiceProblem(cart.shippingChoice, found))
      choices = found ?? []
      delivery = deliveryOf(cart, found, off)
    }
    const taxes = taxed ? await taxesFor(cart, off, delivers, delivery, note) : null
    const estimated = problems.some(({ is }) => OPEN.has(is))
    const { used } = off
    return { ...account({ ...cart, discounts: off, delivery, taxes }), estimated, options: choices, problems, used }
  }

  // What the shop asks for, and what its promotions do.
  async function begin(cart: Billable): Promise<{ delivers: boolean; taxed: boolean; off: Discounts }> {
    const at = now()
    const [shipped, taxed, found] = await Promise.all([
      used('ships'),
      used('taxed'),
      candidates(JSON.stringify(cart.discountCodes)),
    ])
    const promotions = found ?? []
    const limited = promotions.filter((each) => each.usageLimitPerCustomer !== null).map(({ id }) => id)
    const usesOfCustomer = await findUsesOf(database, cart.customer, limited)
    const delivers = shipped === true && ships(cart)
    const { currencyCode, lines, discountCodes: codes, customer } = cart
    const shopping = { currencyCode, lines, codes, ships: delivers, customer, usesOfCustomer, now: at }
    return { delivers, taxed: taxed === true, off: applyPromotions(promotions, shopping) }
  }

  async function optionsFor(cart: Billable, off: Discounts): Promise<readonly ShippingOption[] | null> {
    if (cart.shippingAddress === null) return null
    const sent = cart.lines.filter(({ terms }) => terms.ships)
    return shipping.options({
      currencyCode: cart.currencyCode,
      destination: destinationOf(cart.shippingAddress),
      lines: sent.map(({ sku, quantity, terms: { weightGrams } }) => ({ sku, quantity, weightGrams })),
      goodsMinorUnits: sent.reduce((all, line) => all + netOf(line, off), 0n),
    })
  }

  async function taxesFor(
    cart: Billable,
    off: Discounts,
    delivers: boolean,
    delivery: Delivery | null,
    note: (problem: BillProblem) => unknown,
  ): Promise<Taxes | null> {
    const address = cart.shippingAddress ?? (delivers ? null : cart.billingAddress)
    if (address === null) {
      if (!delivers) note({ is: 'addressIncomplete', kind: 'BILLING', missing: ['countryCode'] })
      return null
    }
    const request = {
      currencyCode: cart.currencyCode,
      destination: destinationOf(address),
      lines: cart.lines.map((line) => {
        const { sku, quantity, terms } = line
        return { sku, quantity, taxClass: terms.taxClass, minorUnits: netOf(line, off) }
      }),
      shippingMinorUnits: deliveryPrice(delivery),
    }
    return unlessDown(tax.taxes(request), 'TAX', note)
  }
}

// With one of these the total is not known.
const OPEN = new Set<BillProblem['is']>([
  'addressIncomplete',
  'shippingNotSelected',
  'shippingOptionGone',
  'providerUnavailable',
])

// At the price of now; while that cannot be said, at the price it was chosen at.
function deliveryOf(
  { shippingChoice }: Billable,
  options: readonly ShippingOption[] | null,
  { freeShipping }: Discounts,
): Delivery | null {
  if (shippingChoice === null) return null
  const unknown = { ...shippingChoice, earliestDays: 0, latestDays: 0 }
  const option = options === null ? unknown : options.find(({ id }) => id === shippingChoice.id)
  if (!option) return null
  const { minorUnits } = option
  return {
    ...option,
    discount: freeShipping && { promotionId: freeShipping.id, title: freeShipping.title, minorUnits },
  }
}

async function unlessDown<T>(
  answer: Promise<T>,
  provider: 'SHIPPING' | 'TAX',
  note: (problem: BillProblem) => unknown,
): Promise<T | null> {
  try {
    return await answer
  } catch (error) {
    if (!(error instanceof ProviderDown)) throw error
    note({ is: 'providerUnavailable', provider, error })
    return null
  }
}
