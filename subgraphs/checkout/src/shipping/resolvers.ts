import type { Money } from '@commerce/service/money.ts'
import type { Resolvers } from '@commerce/service/subgraph-server.ts'
import { requireScope } from '@commerce/service/viewer.ts'
import type { CheckoutContext } from '../context.ts'
import { type MoneyInput, moneyFrom } from '../money-input.ts'
import { READ_SCOPE, WRITE_SCOPE } from '../staff.ts'
import type { ShippingRate } from './shipping.ts'

interface ZoneArguments {
  input: {
    code: string
    title: string
    places: { countryCode: string; regions: string[] }[]
    rates: {
      code: string
      title: string
      price: MoneyInput
      goodsFrom?: string | null
      goodsBelow?: string | null
      gramsFrom?: number | null
      gramsBelow?: number | null
      earliestDays: number
      latestDays: number
    }[]
  }
}

/** Zones and rates in GraphQL, for staff. */
export const shippingResolvers: Resolvers = {
  Query: {
    shippingZones(_: unknown, __: unknown, { shipping, viewer }: CheckoutContext) {
      requireScope(viewer, READ_SCOPE)
      return shipping.zones()
    },
  },
  Mutation: {
    async shippingZoneSet(_: unknown, { input }: ZoneArguments, { shipping, viewer }: CheckoutContext) {
      requireScope(viewer, WRITE_SCOPE)
      const zone = { ...input, rates: input.rates.map(rateFrom) }
      const faults = await shipping.setZone(zone)
      return { zone: faults.length > 0 ? null : zone, userErrors: faults, warnings: [] }
    },
    async shippingZoneRemove(
      _: unknown,
      { input }: { input: { code: string } },
      { shipping, viewer }: CheckoutContext,
    ) {
      requireScope(viewer, WRITE_SCOPE)
      const removed = await shipping.removeZone(input.code)
      const missing = { code: 'NOT_FOUND', field: ['code'], message: 'There is no such zone.' }
      return { code: removed ? input.code : null, userErrors: removed ? [] : [missing], warnings: [] }
    },
  },
  ShippingRate: {
    price: (rate: ShippingRate) => money(rate.minorUnits, rate),
    goodsFrom: (rate: ShippingRate) => (rate.goodsFrom === null ? null : money(rate.goodsFrom, rate)),
    goodsBelow: (rate: ShippingRate) => (rate.goodsBelow === null ? null : money(rate.goodsBelow, rate)),
  },
}

function rateFrom(input: ZoneArguments['input']['rates'][number], index: number): ShippingRate {
  const { price, goodsFrom, goodsBelow, gramsFrom, gramsBelow, ...rate } = input
  const { minorUnits, currencyCode } = moneyFrom(`rates.${index}.price`, price)
  const goods = (name: string, amount: string | null | undefined) =>
    amount == null ? null : moneyFrom(`rates.${index}.${name}`, { amount, currencyCode }).minorUnits
  return {
    ...rate,
    minorUnits,
    currencyCode,
    goodsFrom: goods('goodsFrom', goodsFrom),
    goodsBelow: goods('goodsBelow', goodsBelow),
    gramsFrom: gramsFrom ?? null,
    gramsBelow: gramsBelow ?? null,
  }
}

function money(minorUnits: bigint, { currencyCode }: { currencyCode: string }): Money {
  return { minorUnits, currencyCode }
}
