import fc from 'fast-check'
import { expect, test } from 'vitest'
import { MAX_QUERY_WORDS, parseQuery, stemOf, vectorOf, wordsOf } from './words.ts'

const queryOf = (input: string): string | null | undefined => parseQuery(input)?.tsquery

test('words are runs of letters and digits, without case, accents and apostrophes', () => {
  expect(wordsOf("Crème BRÛLÉE, men's 4.5-inch AT&T ﬁne İstanbul")).toEqual([
    'creme',
    'brulee',
    'mens',
    '4',
    '5',
    'inch',
    'at',
    't',
    'fine',
    'istanbul',
  ])
})

test('a word is cut at 64 characters', () => {
  expect(wordsOf('x'.repeat(10_000))).toEqual(['x'.repeat(64)])
})

test.each([
  ['phones', 'phone'],
  ['batteries', 'battery'],
  ['boxes', 'box'],
  ['watches', 'watch'],
  ['cases', 'case'],
  ['bus', 'bus'],
  ['wireless', 'wireless'],
  ['gas', 'gas'],
  ['r7s', 'r7s'],
])('the stem of %s is %s', (word, stem) => expect(stemOf(word)).toBe(stem))

test('a document holds each word and its stem at its place and weight', () => {
  expect(
    vectorOf([
      { weight: 'A', text: ['Red Phones', null], maxWords: 10 },
      { weight: 'D', text: ['a red one too many'], maxWords: 3 },
    ]),
  ).toBe("'red':1A,4D 'phones':2A 'phone':2A 'a':3D 'one':5D")
})

test('all words must occur, the last one may be unfinished', () => {
  expect(queryOf('red  iPhones Case')).toBe("'red' & 'iphone' & 'case':*")
})

test('an unfinished plural also finds its singular', () => {
  expect(queryOf('phones')).toBe("('phones':* | 'phone')")
})

test('-word excludes, a hyphen inside a word does not', () => {
  expect(queryOf('phone -used wi-fi -t-mobile - --')).toBe("'phone' & 'wi' & 'fi':* & !('used') & !('t' & 'mobile')")
})

test('operators are only separators', () => {
  expect(queryOf("a & b | !c <-> (d:*) 'e' \\")).toBe("'a' & 'b' & 'c' & 'd' & 'e':*")
})

test.each([
  ['', null],
  [' \t\n\0 ', null],
  ['!?*', { text: '!?*', tsquery: null }],
] as const)('%j is understood as %j', (input, query) => expect(parseQuery(input)).toEqual(query))

test('any input is understood, within bounds', () => {
  const anything = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 400 }),
    fc.string({ unit: 'grapheme', maxLength: 400 }),
  )
  fc.assert(
    fc.property(anything, (input) => {
      const query = parseQuery(input)
      if (!query) return
      expect(query.text.length).toBeLessThanOrEqual(200)
      expect(query.text).not.toMatch(/\p{Cc}/u)
      expect((query.tsquery ?? '').split(' & ').length).toBeLessThanOrEqual(MAX_QUERY_WORDS)
      expect((query.tsquery ?? '').replace(/'[\p{L}\p{N}\p{M}]+'(:\*)?/gu, '').replace(/[ &|!()]/g, '')).toBe('')
    }),
    { numRuns: 1_000 },
  )
})
