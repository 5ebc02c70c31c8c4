import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decodeKey, encodeKey } from './subject.ts'

test('any key survives the way into a subject and back', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (key) => {
      const token = encodeKey(key)
      expect(token).toMatch(/^[A-Za-z0-9_=-]+$/)
      expect(decodeKey(token)).toBe(key)
    }),
    { numRuns: 2_000 },
  )
})

test('two keys never share a subject', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (a, b) => {
      fc.pre(a !== b && a.isWellFormed() && b.isWellFormed())
      expect(encodeKey(a)).not.toBe(encodeKey(b))
    }),
    { numRuns: 2_000 },
  )
})

test('an ordinary SKU stays readable', () => {
  expect(encodeKey('bb-4984700')).toBe('bb-4984700')
  expect(encodeKey('A.B *>')).toBe('A=2EB=20=2A=3E')
})
