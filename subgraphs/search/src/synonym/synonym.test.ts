import { expect, test } from 'vitest'
import { refuseSynonym, type SynonymWish } from './synonym.ts'

test.each<[Partial<SynonymWish>, string]>([
  [{ code: '' }, 'INVALID_CODE code'],
  [{ code: 'x'.repeat(51) }, 'INVALID_CODE code'],
  [{ terms: ['tv'] }, 'INVALID_TERM terms'],
  [{ terms: Array.from({ length: 21 }, (_, i) => `t${i}`) }, 'INVALID_TERM terms'],
  [{ terms: ['tv', '***'] }, 'INVALID_TERM terms 1'],
  [{ terms: ['tv', 'a b c d e f'] }, 'INVALID_TERM terms 1'],
  [{ terms: ['tv', 'TV '] }, 'INVALID_TERM terms 1'],
  [{ terms: ['tv', 'tele\0vision'] }, 'INVALID_TERM terms 1'],
  [{ terms: ['tv', 'x'.repeat(101)] }, 'INVALID_TERM terms 1'],
  [{ terms: ['tv'], replacements: [] }, 'INVALID_TERM replacements'],
  [{ terms: ['tv'], replacements: ['Tv'] }, 'INVALID_TERM replacements 0'],
])('%o is refused', (changes, expected) => {
  const refusal = refuseSynonym({ code: 'tv', terms: ['tv', 'television'], ...changes })
  expect(`${refusal?.code} ${refusal?.field.join(' ')}`).toBe(expected)
})

test('one term with replacements goes one way, two terms both', () => {
  expect(refuseSynonym({ code: 'tv', terms: ['tv', 'television set'] })).toBeNull()
  expect(refuseSynonym({ code: 'tv', terms: ['tablet'], replacements: ['e-reader'] })).toBeNull()
})
