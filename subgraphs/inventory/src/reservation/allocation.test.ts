// Long because each strategy has its examples and its properties.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { availableAt, backorderableOf, DENY, type Stock } from '../stock/stock.ts'
import {
  type Allocation,
  allocate,
  type Choice,
  distance,
  type Place,
  STRATEGIES,
  type WantedLine,
} from './allocation.ts'

function stock(sku: string, ...levels: [code: string, onHand: number, reserved?: number][]): [string, Stock] {
  const known: Stock = {
    sku,
    version: 1,
    changedAt: null,
    levels: levels.map(([code, onHand, reserved = 0]) => ({
      location: { code },
      onHand,
      reserved,
      safety: 0,
      backorderLimit: 0,
    })),
    policy: DENY,
    lowStockThreshold: null,
  }
  return [sku, known]
}

const choice = (part: Partial<Choice> = {}): Choice => ({
  strategy: 'most-stock',
  destination: null,
  places: new Map(),
  ...part,
})

/** What is held as `sku quantity@location`. */
function held(allocation: Allocation): string[] {
  if ('shortages' in allocation) throw new Error(JSON.stringify(allocation.shortages))
  return allocation.held.map(({ sku, quantity, location }) => `${sku} ${quantity}@${location}`)
}

const PARIS: Place = { country: 'FR', latitude: 48.86, longitude: 2.35 }
const places = new Map<string, Place>([
  ['LYON', { country: 'FR', latitude: 45.76, longitude: 4.84 }],
  ['BERLIN', { country: 'DE', latitude: 52.52, longitude: 13.41 }],
  ['LILLE', { country: 'FR', latitude: 50.63, longitude: 3.06 }],
])

describe('where units are taken from', () => {
  it('is the location with most stock, the first of equals', () => {
    const stocks = new Map([stock('a', ['X', 3], ['Y', 9, 1], ['Z', 8]), stock('b', ['X', 1])])
    const lines = [
      { sku: 'a', quantity: 4 },
      { sku: 'b', quantity: 1 },
    ]
    expect(held(allocate(lines, stocks, choice()))).toEqual(['a 4@Y', 'b 1@X'])
  })

  it('are several when none has enough, the fullest first', () => {
    const stocks = new Map([stock('a', ['X', 3], ['Y', 8], ['Z', 2])])
    expect(held(allocate([{ sku: 'a', quantity: 10 }], stocks, choice()))).toEqual(['a 8@Y', 'a 2@X'])
  })

  it('is the nearest that has enough, and the nearest first when none has', () => {
    const stocks = new Map([stock('a', ['BERLIN', 9], ['LILLE', 2], ['LYON', 5])])
    const near = choice({ strategy: 'nearest', destination: PARIS, places })
    expect(held(allocate([{ sku: 'a', quantity: 2 }], stocks, near))).toEqual(['a 2@LILLE'])
    expect(held(allocate([{ sku: 'a', quantity: 4 }], stocks, near))).toEqual(['a 4@LYON'])
    expect(held(allocate([{ sku: 'a', quantity: 12 }], stocks, near))).toEqual(['a 2@LILLE', 'a 5@LYON', 'a 5@BERLIN'])
  })

  it('is the fullest when nobody knows where units are to go', () => {
    const stocks = new Map([stock('a', ['BERLIN', 9], ['LILLE', 2])])
    const lines = [{ sku: 'a', quantity: 2 }]
    expect(held(allocate(lines, stocks, choice({ strategy: 'nearest', places })))).toEqual(['a 2@BERLIN'])
  })

  it('are as few as have everything, the nearest of equally few', () => {
    const stocks = new Map([
      stock('a', ['BERLIN', 5], ['LILLE', 5], ['LYON', 9]),
      stock('b', ['BERLIN', 5], ['LILLE', 1]),
    ])
    const lines = [
      { sku: 'a', quantity: 2 },
      { sku: 'b', quantity: 1 },
    ]
    const few = choice({ strategy: 'fewest-parcels', destination: PARIS, places })
    expect(held(allocate(lines, stocks, few))).toEqual(['a 2@LILLE', 'b 1@LILLE'])
    expect(
      held(
        allocate(
          [
            { sku: 'a', quantity: 2 },
            { sku: 'b', quantity: 4 },
          ],
          stocks,
          few,
        ),
      ),
    ).toEqual(['a 2@BERLIN', 'b 4@BERLIN'])
  })

  it('of many locations are few also where not every set can be looked at', () => {
    const levels = Array.from({ length: 60 }, (_, i): [string, number] => [`L${i}`, i % 2 === 0 ? 10 : 1])
    const few = choice({ strategy: 'fewest-parcels' })
    const lines = allocate([{ sku: 'a', quantity: 85 }], new Map([stock('a', ...levels)]), few)
    expect(held(lines)).toHaveLength(9)
  })
})

it('what is available nowhere is promised where it will arrive, and never more than the policy lets', () => {
  const [sku, known] = stock('a', ['X', 3], ['Y', 2])
  const policy = { ...DENY, kind: 'BACKORDER' as const, limit: 4, location: 'Y' }
  const stocks = new Map([[sku, { ...known, policy }]])
  expect(allocate([{ sku, quantity: 8 }], stocks, choice())).toEqual({
    held: [
      { sku, quantity: 3, location: 'X', backordered: 0 },
      { sku, quantity: 5, location: 'Y', backordered: 3 },
    ],
  })
  expect(allocate([{ sku, quantity: 10 }], stocks, choice())).toEqual({ shortages: [{ sku, available: 9 }] })
})

it('how far it is: along the surface, or by region and country where positions are not known', () => {
  const lille = places.get('LILLE') as Place
  expect(distance(PARIS, lille)).toBeGreaterThan(195)
  expect(distance(PARIS, lille)).toBeLessThan(215)
  const [here, there, abroad] = [
    { country: 'US', region: 'CA' },
    { country: 'US', region: 'NY' },
    { country: 'FR' },
  ].map((place) => distance({ country: 'US', region: 'CA' }, place)) as [number, number, number]
  expect(here).toBeLessThan(there)
  expect(there).toBeLessThan(abroad)
})

describe('whatever is wanted and wherever it is', () => {
  const SKUS = ['a', 'b', 'c']
  const CODES = ['P', 'Q', 'R', 'S']
  const counters = fc.record({ onHand: fc.nat(9), reserved: fc.nat(6), safety: fc.nat(3) })
  const stockArbitrary = fc
    .record({
      levels: fc.uniqueArray(fc.tuple(fc.constantFrom(...CODES), counters), { selector: ([code]) => code }),
      limit: fc.nat(4),
    })
    .map(({ levels, limit }): Omit<Stock, 'sku'> => {
      const sorted = levels.sort(([a], [b]) => (a < b ? -1 : 1))
      const location = sorted[0]?.[0]
      return {
        version: 1,
        changedAt: null,
        lowStockThreshold: null,
        levels: sorted.map(([code, counter]) => ({ location: { code }, ...counter, backorderLimit: 9 })),
        policy: limit > 0 && location ? { ...DENY, kind: 'BACKORDER', limit, location } : DENY,
      }
    })
  const stocksArbitrary = fc
    .tuple(...SKUS.map(() => stockArbitrary))
    .map((stocks) => new Map(stocks.map((known, i) => [SKUS[i] as string, { ...known, sku: SKUS[i] as string }])))
  const linesArbitrary = fc
    .uniqueArray(fc.record({ sku: fc.constantFrom(...SKUS), quantity: fc.integer({ min: 1, max: 14 }) }), {
      minLength: 1,
      selector: ({ sku }) => sku,
    })
    .map((lines) => lines.sort((a, b) => (a.sku < b.sku ? -1 : 1)))
  const placeArbitrary = fc.record({
    country: fc.option(fc.constantFrom('US', 'FR')),
    latitude: fc.double({ min: -90, max: 90, noNaN: true }),
    longitude: fc.double({ min: -180, max: 180, noNaN: true }),
  })
  const choiceArbitrary = fc
    .record({
      strategy: fc.constantFrom(...STRATEGIES),
      destination: fc.option(placeArbitrary),
      known: fc.array(placeArbitrary, { minLength: 0, maxLength: CODES.length }),
    })
    .map(
      ({ known, ...rest }): Choice => ({
        ...rest,
        places: new Map(known.map((place, i) => [CODES[i] as string, place])),
      }),
    )

  const most = (stocks: ReadonlyMap<string, Stock>, sku: string): number => {
    const known = stocks.get(sku) as Stock
    return known.levels.reduce((sum, level) => sum + availableAt(level), 0) + backorderableOf(known)
  }

  it('all lines are held in full, or none and it is said what is short', () => {
    fc.assert(
      fc.property(linesArbitrary, stocksArbitrary, choiceArbitrary, (lines, stocks, choice) => {
        const short = lines.filter(({ sku, quantity }) => most(stocks, sku) < quantity)
        const result = allocate(lines, stocks, choice)
        if ('shortages' in result) {
          expect(result.shortages).toEqual(short.map(({ sku }) => ({ sku, available: most(stocks, sku) })))
          return
        }
        expect(short).toEqual([])
        const sums = lines.map(({ sku }): WantedLine => {
          const mine = result.held.filter((line) => line.sku === sku)
          return { sku, quantity: mine.reduce((sum, { quantity }) => sum + quantity, 0) }
        })
        expect(sums).toEqual(lines)
      }),
    )
  })

  it('never more is taken anywhere than is available there, but for what the policy promises at its location', () => {
    fc.assert(
      fc.property(linesArbitrary, stocksArbitrary, choiceArbitrary, (lines, stocks, choice) => {
        const result = allocate(lines, stocks, choice)
        if ('shortages' in result) return
        expect(new Set(result.held.map(({ sku, location }) => `${sku} ${location}`)).size).toBe(result.held.length)
        for (const { sku, location, quantity, backordered } of result.held) {
          const known = stocks.get(sku) as Stock
          const level = known.levels.find(({ location: { code } }) => code === location)
          expect(quantity - backordered).toBeLessThanOrEqual(level ? availableAt(level) : 0)
          expect(backordered).toBeLessThanOrEqual(location === known.policy.location ? backorderableOf(known) : 0)
        }
      }),
    )
  })

  it('the same is answered to the same, whatever the order of the locations', () => {
    fc.assert(
      fc.property(linesArbitrary, stocksArbitrary, choiceArbitrary, (lines, stocks, choice) => {
        const mirrored = new Map(
          [...stocks].map(([sku, known]) => [sku, { ...known, levels: known.levels.toReversed() }]),
        )
        const sorted = (allocation: Allocation) =>
          'held' in allocation ? held(allocation).toSorted() : allocation.shortages
        expect(sorted(allocate(lines, mirrored, choice))).toEqual(sorted(allocate(lines, stocks, choice)))
      }),
    )
  })

  it('the fewest parcels are the fewest there can be', () => {
    fc.assert(
      fc.property(linesArbitrary, stocksArbitrary, choiceArbitrary, (lines, stocks, choice) => {
        const onHand = new Map([...stocks].map(([sku, known]) => [sku, { ...known, policy: DENY }]))
        const result = allocate(lines, onHand, { ...choice, strategy: 'fewest-parcels' })
        if ('shortages' in result) return
        const parcels = new Set(result.held.map(({ location }) => location)).size
        expect(parcels).toBe(fewestByTryingAll(lines, onHand))
      }),
      { numRuns: 300 },
    )
  })

  function fewestByTryingAll(lines: readonly WantedLine[], stocks: ReadonlyMap<string, Stock>): number {
    const sizes = Array.from({ length: 2 ** CODES.length }, (_, bits) =>
      CODES.filter((_, i) => (bits & (1 << i)) !== 0),
    ).filter((set) =>
      lines.every(({ sku, quantity }) => {
        const levels = (stocks.get(sku) as Stock).levels.filter(({ location: { code } }) => set.includes(code))
        return levels.reduce((sum, level) => sum + availableAt(level), 0) >= quantity
      }),
    )
    return Math.min(...sizes.map((set) => set.length))
  }
})
