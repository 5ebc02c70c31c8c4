import { seeded } from '@commerce/local/shop/random.ts'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { EDITS, misspelled, swapped } from './typos.ts'

const word = fc.string({ unit: fc.constantFrom(...'abcdefg'), minLength: 4, maxLength: 12 })

test('a mistake changes one place of a word', () => {
  fc.assert(
    fc.property(word, fc.constantFrom(...EDITS), fc.nat(), (text, edit, seed) => {
      const typed = misspelled(text, edit, seeded(seed), () => false)
      if (typed === null) return
      expect(typed).not.toBe(text)
      expect(typed.length - text.length).toBe(edit === 'insert' ? 1 : edit === 'delete' ? -1 : 0)
      const different = [...typed].filter((letter, n) => letter !== text[n]).length
      if (edit === 'substitute') expect(different).toBe(1)
      if (edit === 'transpose') expect(different).toBe(2)
    }),
  )
})

test('a mistake makes no other word', () => {
  expect(misspelled('lamp', 'delete', seeded(1), () => true)).toBeNull()
  expect(misspelled('amd', 'delete', seeded(1), () => false)).toBeNull()
  expect(misspelled('rtx3080', 'delete', seeded(1), () => false)).toBeNull()
})

test('swapping keeps the letters, and leaves numbers and short words alone', () => {
  fc.assert(
    fc.property(word, fc.nat(), (text, seed) => {
      const typed = swapped(text, seeded(seed))
      expect([...typed].sort()).toEqual([...text].sort())
      expect(typed === text).toBe(new Set(text).size === 1)
    }),
  )
  expect(['1600', 'xl', 'aaaa', '4k8'].map((text) => swapped(text, seeded(1)))).toEqual(['1600', 'xl', 'aaaa', '4k8'])
})
