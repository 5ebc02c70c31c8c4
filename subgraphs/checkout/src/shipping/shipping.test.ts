import { describe, expect, it } from 'vitest'
import { optionsOf, type ShippingRate, type ShippingRequest, type ShippingZone } from './shipping.ts'

const rate = (code: string, minorUnits: bigint, more: Partial<ShippingRate> = {}): ShippingRate => ({
  code,
  title: code,
  minorUnits,
  currencyCode: 'USD',
  goodsFrom: null,
  goodsBelow: null,
  gramsFrom: null,
  gramsBelow: null,
  earliestDays: 2,
  latestDays: 4,
  ...more,
})
const zones: ShippingZone[] = [
  {
    code: 'us',
    title: 'United States',
    places: [{ countryCode: 'US', regions: [] }],
    rates: [
      rate('post', 500n, { goodsBelow: 5_000n, gramsBelow: 2_000 }),
      rate('heavy', 1_500n, { gramsFrom: 2_000 }),
      rate('free', 0n, { goodsFrom: 5_000n, gramsBelow: 2_000 }),
      rate('euro', 1n, { currencyCode: 'EUR' }),
    ],
  },
  { code: 'far', title: 'Far', places: [{ countryCode: 'US', regions: ['AK', 'HI'] }], rates: [rate('boat', 3_000n)] },
]
const ids = (more: Partial<ShippingRequest> & { region?: string; countryCode?: string } = {}) =>
  optionsOf(zones, {
    currencyCode: 'USD',
    destination: { countryCode: more.countryCode ?? 'US', region: more.region ?? 'NY', postalCode: null, city: null },
    lines: [{ sku: 'cup', quantity: 2, weightGrams: 400 }],
    goodsMinorUnits: 1_000n,
    ...more,
  }).map(({ id }) => id)

describe('the ways to deliver', () => {
  it('depend on what the goods cost and weigh', () => {
    expect(ids()).toEqual(['us/post'])
    expect(ids({ goodsMinorUnits: 4_999n })).toEqual(['us/post'])
    expect(ids({ goodsMinorUnits: 5_000n })).toEqual(['us/free'])
    expect(ids({ lines: [{ sku: 'pot', quantity: 2, weightGrams: 1_000 }] })).toEqual(['us/heavy'])
    expect(ids({ lines: [{ sku: 'tea', quantity: 9, weightGrams: 0 }] })).toEqual(['us/post'])
  })

  it('are those of the region where a zone names it, otherwise those of the country', () => {
    expect(ids({ region: 'AK' })).toEqual(['far/boat'])
    expect(ids({ countryCode: 'DE' })).toEqual([])
  })
})
