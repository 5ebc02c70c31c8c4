import { expect, test } from 'vitest'
import { isSku, MAX_SKU } from './sku.ts'

test.each([['A'], ['SKU 1.*>'], ['ключ-🧦'], ['x'.repeat(MAX_SKU)]])('%j can be a SKU', (text) => {
  expect(isSku(text)).toBe(true)
})

test.each([
  [''],
  ['x'.repeat(MAX_SKU + 1)],
  [' A'],
  ['A '],
  ['A\u00a0'],
  [' '],
  ['A\tB'],
  ['line\nbreak'],
  ['nul\u0000'],
  ['\u0085A'],
  ['\ud800'],
])('%j cannot be a SKU', (text) => {
  expect(isSku(text)).toBe(false)
})

test('what is far too long is refused at once', () => {
  expect(isSku('.'.repeat(1_000_000))).toBe(false)
})
