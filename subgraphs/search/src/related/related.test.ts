import { expect, test } from 'vitest'
import { likeness, MAX_PAIRED_SKUS, pairsOf } from './related.ts'

const product = {
  productId: 'p',
  title: 'Mug',
  description: null,
  brand: 'Acme',
  categories: [{ slug: 'kitchen' }, { slug: 'mugs' }],
  attributes: [{ name: 'color', value: 'red' }],
  skus: ['m'],
}

test('pairs go both ways, never with itself, and a SKU counts once an order', () => {
  expect(pairsOf([{ sku: 'a' }, { sku: 'b' }, { sku: 'a' }])).toEqual([
    { sku: 'a', other: 'b' },
    { sku: 'b', other: 'a' },
  ])
  expect(pairsOf([{ sku: 'a' }])).toEqual([])
})

test('of a huge order only so much is counted', () => {
  const lines = Array.from({ length: 500 }, (_, i) => ({ sku: `s${i}` }))
  expect(pairsOf(lines)).toHaveLength(MAX_PAIRED_SKUS * (MAX_PAIRED_SKUS - 1))
})

test('products like one are of its own category, those of its brand and attributes first', () => {
  const request = likeness(product, 8, 'USD', 0)
  expect(request?.filters).toMatchObject({ categories: { slugs: ['mugs'] }, brands: [] })
  expect(request?.rules.boosts).toEqual([
    { filters: { brands: ['Acme'] }, factor: 2 },
    { filters: { attributes: [{ name: 'color', values: ['red'], min: null, max: null }] }, factor: 1.5 },
  ])
})

test('without a category the brand says what is like it, without both nothing does', () => {
  expect(likeness({ ...product, categories: [] }, 8, 'USD', 0)?.filters.brands).toEqual(['Acme'])
  expect(likeness({ ...product, categories: [], brand: null }, 8, 'USD', 0)).toBeNull()
})
