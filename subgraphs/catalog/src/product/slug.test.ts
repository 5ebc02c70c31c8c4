import fc from 'fast-check'
import { expect, it } from 'vitest'
import { isSlug, slugCandidates, slugify } from './slug.ts'

it('turns a title into an address that people can read', () => {
  expect(slugify('Crème brûlée — für Größe 5/8"')).toBe('creme-brulee-fur-grosse-5-8')
  expect(slugify('  --  ')).toBe('')
})

it('makes a well-formed slug, or none, of any text', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (title) => {
      const slug = slugify(title)
      expect(slug === '' || isSlug(slug)).toBe(true)
    }),
  )
})

it('offers well-formed candidates that end with one nobody else has', () => {
  const id = '0b7cb6cf-6c1f-4d0e-9a1c-3c1f7a5e2f11'
  fc.assert(
    fc.property(fc.string({ maxLength: 300 }), fc.string({ maxLength: 100 }), (title, sku) => {
      const candidates = slugCandidates(title, sku, id)
      expect(candidates.every(isSlug)).toBe(true)
      expect(candidates.at(-1)).toContain(id)
    }),
  )
  expect(slugCandidates('Wool Sock', 'S.42', id)).toEqual(['wool-sock', 'wool-sock-s-42', `wool-sock-${id}`])
})
