import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { languageOf } from '../../analysis/language.ts'
import { createVocabulary, type Vocabulary } from './vocabulary.ts'

const english = languageOf('en')

function vocabularyOf(words: readonly string[], frequencyOf: (id: number) => number = () => 1): Vocabulary {
  const vocabulary = createVocabulary(english.stemOf, frequencyOf)
  for (const word of words) vocabulary.add(word)
  return vocabulary
}

/** Optimal string alignment distance as the textbook has it. */
function distance(a: string, b: string): number {
  const table = Array.from({ length: a.length + 1 }, (_, i) =>
    Array.from({ length: b.length + 1 }, (_, j) => (i === 0 ? j : j === 0 ? i : 0)),
  )
  const at = (i: number, j: number) => table[i]?.[j] as number
  for (let i = 1; i <= a.length; i++) {
    for (let j = 1; j <= b.length; j++) {
      let value = Math.min(at(i - 1, j) + 1, at(i, j - 1) + 1, at(i - 1, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1))
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        value = Math.min(value, at(i - 2, j - 2) + 1)
      ;(table[i] as number[])[j] = value
    }
  }
  return at(a.length, b.length)
}

function prefixDistance(word: string, target: string): number {
  return Math.min(...Array.from({ length: target.length + 1 }, (_, length) => distance(word, target.slice(0, length))))
}

const letters = fc.constantFrom(...'aabbcd')
const wordOf = (minLength: number, maxLength: number) => fc.string({ unit: letters, minLength, maxLength })
const wordLists = fc.uniqueArray(wordOf(1, 11), { minLength: 1, maxLength: 120 })

function sorted(found: readonly { id: number; edits: number }[], vocabulary: Vocabulary): string[] {
  return found.map(({ id, edits }) => `${vocabulary.wordOf(id)} ${edits}`).sort()
}

describe('a vocabulary', () => {
  it('gives words ids from 0 without gaps, each word one', () => {
    const vocabulary = vocabularyOf(['phone', 'case', 'phone', 'phones'])
    expect(vocabulary.size).toBe(3)
    expect(vocabulary.idOf('phones')).toBe(2)
    expect(vocabulary.wordOf(1)).toBe('case')
    expect(vocabulary.idOf('toString')).toBeUndefined()
    expect(vocabulary.add('case')).toBe(1)
  })

  it('knows the words of a stem', () => {
    const vocabulary = vocabularyOf(['battery', 'phone', 'batteries'])
    expect(vocabulary.withStem(english.stemOf('battery'))).toEqual([0, 2])
    expect(vocabulary.withStem('nothing')).toEqual([])
  })

  it('finds the most frequent words with a beginning, and none that no document holds', () => {
    const frequencies = [3, 9, 0, 5]
    const vocabulary = vocabularyOf(['phone', 'phones', 'phonograph', 'pho'], (id) => frequencies[id] ?? 0)
    expect(vocabulary.withPrefix('phon', 10)).toEqual([1, 0])
    expect(vocabulary.withPrefix('pho', 2)).toEqual([1, 3])
    expect(vocabulary.withPrefix('x', 2)).toEqual([])
    frequencies[1] = 0
    expect(vocabulary.withPrefix('phon', 10)).toEqual([0])
  })

  it('finds the compounds that end with a word', () => {
    const vocabulary = vocabularyOf(['damenschuhe', 'schuhe', 'herrenschuhe', 'schuhen'])
    expect(vocabulary.withEnding('schuhe', 10)).toEqual([0, 2])
    expect(vocabulary.withEnding('schuhe', 1)).toEqual([0])
  })

  it.each([
    ['iphnoe', 1, 'iphone', 1],
    ['hpone', 1, 'phone', 1],
    ['shone', 1, 'phone', 1],
    ['hone', 1, 'phone', 1],
    ['keybaord', 2, 'keyboard', 1],
    ['ekybaord', 2, 'keyboard', 2],
    ['headhpones', 2, 'headphones', 1],
    ['ehadphnoes', 2, 'headphones', 2],
    ['wxrelzss', 2, 'wireless', 2],
  ] as const)('finds behind %s with %i edits the word %s', (typed, edits, meant, expected) => {
    const vocabulary = vocabularyOf(['iphone', 'phone', 'keyboard', 'headphones', 'wireless', 'cable'])
    expect(sorted(vocabulary.near(typed, edits, false), vocabulary)).toContain(`${meant} ${expected}`)
  })

  it('finds an unfinished word that is misspelled too', () => {
    const vocabulary = vocabularyOf(['headphones', 'headlight', 'keyboard'])
    expect(sorted(vocabulary.near('haedph', 1, true), vocabulary)).toEqual(['headphones 1'])
    expect(sorted(vocabulary.near('kyeb', 1, true), vocabulary)).toEqual(['keyboard 1'])
    expect(vocabulary.near('haedph', 1, false)).toEqual([])
  })

  it('leaves words with digits alone: one digit more is another product', () => {
    const vocabulary = vocabularyOf(['rtx3080', 'rtxabc', 'rtx'])
    expect(vocabulary.near('rtx3090', 1, false)).toEqual([])
    expect(vocabulary.near('rtxab', 1, true).map(({ id }) => id)).toEqual([1])
    expect(vocabulary.near('rtxa', 1, true).map(({ id }) => vocabulary.wordOf(id))).not.toContain('rtx3080')
  })

  it('answers the nearest first, then the most frequent, at most so many', () => {
    const words = ['bat', 'cat', 'hat', 'cart', 'ca']
    const vocabulary = vocabularyOf(words, (id) => id + 1)
    expect(vocabulary.near('cat', 1, false).map(({ id }) => words[id])).toEqual(['ca', 'cart', 'hat', 'bat'])
    expect(vocabulary.near('cat', 1, false, 2).map(({ id }) => words[id])).toEqual(['ca', 'cart'])
  })

  it('takes whatever it is asked', () => {
    const vocabulary = vocabularyOf(['手机', '苹果手机', 'phone', '😀phone'])
    expect(vocabulary.near('', 1, true)).toEqual([])
    expect(vocabulary.near('x'.repeat(10_000), 2, true)).toEqual([])
    expect(vocabulary.near('苹果手幾', 1, false).map(({ id }) => id)).toEqual([1])
    expect(vocabulary.withPrefix('手', 5)).toEqual([0])
    expect(vocabulary.withPrefix('', 5)).toHaveLength(4)
    expect(vocabulary.near('phone', 1, true, 0)).toEqual([])
  })

  it.each([1, 2] as const)('finds exactly the words at distance 1 to %i', (edits) => {
    fc.assert(
      fc.property(wordLists, wordOf(1, 11), (words, typed) => {
        const vocabulary = vocabularyOf(words)
        const expected = words
          .map((word) => ({ word, edits: distance(typed, word) }))
          .filter((one) => one.edits > 0 && one.edits <= edits)
        expect(sorted(vocabulary.near(typed, edits, false, 1_000), vocabulary)).toEqual(
          expected.map((one) => `${one.word} ${one.edits}`).sort(),
        )
      }),
      { numRuns: 400 },
    )
  })

  it('finds exactly the words with a beginning at most one edit away', () => {
    fc.assert(
      fc.property(wordLists, wordOf(1, 11), (words, typed) => {
        const vocabulary = vocabularyOf(words)
        const expected = words
          .map((word) => ({ word, edits: prefixDistance(typed, word) }))
          .filter((one) => one.edits <= 1)
        expect(sorted(vocabulary.near(typed, 1, true, 1_000), vocabulary)).toEqual(
          expected.map((one) => `${one.word} ${one.edits}`).sort(),
        )
      }),
      { numRuns: 400 },
    )
  })

  it('finds beginnings two edits away when at most one lies in the first half, and never one that is further', () => {
    fc.assert(
      fc.property(wordLists, wordOf(8, 11), (words, typed) => {
        const vocabulary = vocabularyOf(words)
        const found = new Map(
          vocabulary.near(typed, 2, true, 1_000).map(({ id, edits }) => [vocabulary.wordOf(id), edits]),
        )
        const half = typed.slice(0, typed.length >> 1)
        for (const word of words) {
          const edits = prefixDistance(typed, word)
          const isFound = distance(typed, word) <= 2 || (edits <= 2 && word.startsWith(half)) || edits <= 1
          if (isFound) expect(found.get(word)).toBe(edits)
          else if (found.has(word)) expect(found.get(word)).toBe(edits)
        }
      }),
      { numRuns: 400 },
    )
  })

  it('finds the same words with a beginning as a look at each', () => {
    fc.assert(
      fc.property(wordLists, wordOf(0, 4), fc.integer({ min: 1, max: 30 }), (words, prefix, limit) => {
        const vocabulary = vocabularyOf(words, (id) => (id * 7) % 5)
        const rank = (id: number) => (id * 7) % 5
        const expected = words
          .map((_, id) => id)
          .filter((id) => rank(id) > 0 && words[id]?.startsWith(prefix))
          .sort((a, b) => rank(b) - rank(a) || a - b)
        expect(vocabulary.withPrefix(prefix, limit)).toEqual(expected.slice(0, limit))
      }),
    )
  })

  it('remembers the best of many words with a beginning, without those that have gone', () => {
    const words = Array.from(
      { length: 10_000 },
      (_, i) => `s${i.toString(26).replace(/[0-9]/g, (digit) => 'qrstuvwxyz'[Number(digit)] ?? '')}x`,
    )
    const frequencies = words.map((_, id) => id + 1)
    const vocabulary = vocabularyOf(words, (id) => frequencies[id] ?? 0)
    const first = vocabulary.withPrefix('s', 3)
    expect(first).toEqual([vocabulary.size - 1, vocabulary.size - 2, vocabulary.size - 3])
    frequencies[vocabulary.size - 1] = 0
    expect(vocabulary.withPrefix('s', 2)).toEqual(first.slice(1))
  })
})
