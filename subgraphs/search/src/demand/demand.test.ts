import { expect, test } from 'vitest'
import { countedQuery } from './demand.ts'
import { completionsOf } from './popular.ts'

test('a query is counted in lower case with single spaces', () => {
  expect(countedQuery('  Crème\t BRÛLÉE \u00a0torch ')).toBe('crème brûlée torch')
})

test.each([
  ['nothing', ' \t'],
  ['symbols only', '!!! ***'],
  ['what is too long', 'x'.repeat(101)],
  ['an address', 'someone@example.com'],
  ['a card number', 'pay 4111 1111 1111 1111'],
  ['what cannot be kept', 'a\0b'],
  ['half a character', 'a\ud800'],
])('%s is not counted', (_, query) => expect(countedQuery(query)).toBeNull())

test('popular queries complete what was typed, the most popular first', () => {
  const popular = [{ query: 'laptop stand' }, { query: 'lamp' }, { query: 'laptop' }]
  expect(completionsOf(popular, ' Lap', 5).map(({ text }) => text)).toEqual(['laptop stand', 'laptop'])
  expect(completionsOf(popular, 'la', 1)).toEqual([
    {
      text: 'laptop stand',
      id: null,
      parts: [
        { text: 'la', highlighted: false },
        { text: 'ptop stand', highlighted: true },
      ],
    },
  ])
  expect(completionsOf(popular, 'lamp', 5)).toEqual([])
  expect(completionsOf(popular, ' ', 5)).toEqual([])
})
