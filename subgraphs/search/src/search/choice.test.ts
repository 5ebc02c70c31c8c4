import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { ValueCount } from '../engine/port.ts'
import { NO_RULES } from '../engine/port.ts'
import { chooseCategory, type FiltersValue, filtersValue } from './choice.ts'
import { facetsOf } from './facets.ts'
import { filtersFrom } from './filters.ts'
import { requestFrom } from './search.ts'

const text = fc.string({ minLength: 1, maxLength: 5 })
const some = fc.option(fc.uniqueArray(text, { minLength: 1, maxLength: 3 }), { nil: null })
const filters: fc.Arbitrary<FiltersValue> = fc.record({
  brands: some,
  categoryIds: fc.constant(null),
  categorySlugs: some,
  priceMin: fc.constantFrom(null, '1.00', '25.00'),
  priceMax: fc.constantFrom(null, '49.99', '9.99'),
  currency: fc.constantFrom(null, 'USD', 'EUR'),
  inStock: fc.constantFrom(null, true, false),
  onSale: fc.constantFrom(null, true, false),
  ratingMin: fc.constantFrom(null, 3, 4),
  attributes: fc.option(
    fc.uniqueArray(
      fc.record({
        name: fc.constantFrom('color', 'size'),
        values: fc.uniqueArray(text, { minLength: 1, maxLength: 3 }),
        min: fc.constant(null),
        max: fc.constant(null),
      }),
      { selector: ({ name }) => name, minLength: 1 },
    ),
    { nil: null },
  ),
})
const count: fc.Arbitrary<ValueCount> = fc
  .constantFrom('category', 'brand', 'inStock', 'onSale', 'rating', 'attribute' as const)
  .chain((facet) =>
    fc.record({
      facet: fc.constant(facet as ValueCount['facet']),
      name: fc.constant(facet === 'attribute' ? 'color' : null),
      value:
        facet === 'rating'
          ? fc.constantFrom('1', '2')
          : facet === 'inStock' || facet === 'onSale'
            ? fc.constant('true')
            : text,
      label: fc.constant(null),
      count: fc.nat(),
      selected: fc.constant(false),
    }),
  )

function inputOf(given: FiltersValue, counted: ValueCount): FiltersValue | undefined {
  const page = { limit: 20, backward: false, position: null }
  const shop = { shopCurrency: 'USD', rules: NO_RULES, explain: false, now: 0 }
  const request = requestFrom({ filters: given as never, sort: 'RELEVANCE', soldOut: 'LAST' }, page, shop)
  const shown = facetsOf([counted], request, filtersValue(given as never)).flatMap(({ key, values }) =>
    key === (counted.facet === 'attribute' ? 'attribute:color' : counted.facet) ? values : [],
  )
  return shown.find(({ value }) => value === counted.value)?.input
}

test('what a value says is a filter that search takes, and another click takes it back', () => {
  fc.assert(
    fc.property(filters, count, (given, counted) => {
      const alone = { ...given, [fieldOf(counted)]: null }
      const isKnown = JSON.stringify(alone).includes(JSON.stringify(counted.value))
      fc.pre(!isKnown)
      const chosen = inputOf(alone, counted)
      expect(chosen).toBeDefined()
      expect(() => filtersFrom(chosen as never, 'USD')).not.toThrow()
      expect(chosen).not.toEqual(alone)
      expect(inputOf(chosen as FiltersValue, { ...counted, selected: true })).toEqual(alone)
    }),
  )
})

function fieldOf({ facet }: ValueCount): keyof FiltersValue {
  if (facet === 'category') return 'categorySlugs'
  if (facet === 'brand') return 'brands'
  if (facet === 'rating') return 'ratingMin'
  return facet === 'attribute' ? 'attributes' : (facet as 'inStock' | 'onSale')
}

test('a category takes the place of those above it, by slug and by id', () => {
  const above = { ...filtersValue(null), categorySlugs: ['parts'], categoryIds: ['x'] }
  const { categorySlugs, categoryIds } = chooseCategory(above, 'memory', false)
  expect([categorySlugs, categoryIds]).toEqual([['memory'], null])
})
