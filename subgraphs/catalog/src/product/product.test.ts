import { expect, it } from 'vitest'
import {
  applyWish,
  blankProduct,
  fullTitle,
  optionsOf,
  type ProductState,
  saysTheSame,
  variantTitle,
} from './product.ts'
import { LIMITS, wishProblems } from './wish.ts'

const now = new Date('2026-01-01T00:00:00Z')
const ids = () => '11111111-1111-4111-8111-111111111111'

function shirt(): ProductState {
  const wish = {
    title: 'Shirt',
    brand: 'Loom',
    variants: [
      {
        sku: 'S',
        options: [
          { name: 'Color', value: 'Red' },
          { name: 'Size', value: 'S' },
        ],
      },
      {
        sku: 'M',
        options: [
          { name: 'Color', value: 'Red' },
          { name: 'Size', value: 'M' },
        ],
      },
    ],
  }
  return applyWish(blankProduct('p', 'shirt', null, now), wish, 'c', ids)
}

it('keeps what a wish leaves out and empties what it sets to null', () => {
  const changed = applyWish(shirt(), { brand: null, variants: [{ sku: 'S', gtin: '1' }] }, undefined, ids)
  expect(changed).toMatchObject({
    title: 'Shirt',
    brand: null,
    categoryId: 'c',
    variants: [{ sku: 'S', gtin: '1' }, { sku: 'M' }],
  })
  expect(changed.variants[0]?.options).toHaveLength(2)
})

it('adds a variant with a SKU it does not have behind the others', () => {
  const changed = applyWish(shirt(), { variants: [{ sku: 'L' }] }, undefined, ids)
  expect(changed.variants.map(({ sku }) => sku)).toEqual(['S', 'M', 'L'])
})

it('says the same whatever its version, times and the order of keys', () => {
  const product = shirt()
  const again = { ...Object.fromEntries(Object.entries(product).reverse()), version: 9, updatedAt: new Date() }
  expect(saysTheSame(product, again as ProductState)).toBe(true)
  expect(saysTheSame(product, { ...product, title: 'Coat' })).toBe(false)
})

it('names variants by their options, or by the product when there is nothing to choose', () => {
  const product = shirt()
  const variant = product.variants[0] as ProductState['variants'][number]
  expect([variantTitle(product, variant), fullTitle(product, variant)]).toEqual(['Red / S', 'Shirt, Red / S'])
  expect(fullTitle(product, { ...variant, options: [] })).toBe('Shirt')
  expect(optionsOf(product)).toEqual([
    { name: 'Color', values: ['Red'] },
    { name: 'Size', values: ['S', 'M'] },
  ])
})

it('finds everything that is wrong with a wish at once', () => {
  const problems = wishProblems({
    title: 'x'.repeat(LIMITS.title + 1),
    categoryPath: ['A', ''],
    attributes: [
      { name: 'a', value: '1' },
      { name: 'a', value: '2' },
    ],
    popularity: -1,
    variants: [{ sku: 'S', price: { amount: 'free', currencyCode: 'USD' } }, { sku: 'S' }],
  })
  expect(problems.map(({ path }) => path.join('.'))).toEqual([
    'title',
    'categoryPath.1',
    'popularity',
    'attributes',
    'variants.0.price.amount',
    'variants',
  ])
})

it('says only that a list is too long, however wrong what is in it', () => {
  const named = Array.from({ length: 60_000 }, () => ({ name: '', value: '' }))
  const wish = {
    categoryPath: named.map(({ name }) => name),
    attributes: named,
    media: named.map(() => ({ url: '', alt: null })),
    variants: named.map(() => ({ sku: '' })),
  }
  expect(wishProblems(wish).map(({ path }) => path.join('.'))).toEqual([
    'categoryPath',
    'media',
    'attributes',
    'variants',
  ])
})
