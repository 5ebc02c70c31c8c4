import { describe, expect, it } from 'vitest'
import { languageOf } from './language.ts'
import { wordsOf } from './words.ts'

function stems(code: string, words: string): string[] {
  const language = languageOf(code)
  return [...new Set(wordsOf(words).map(({ surface }) => language.stemOf(surface)))]
}

describe('a language', () => {
  it.each([
    ['en', 'phone phones'],
    ['en', 'shoe shoes'],
    ['en', 'battery batteries'],
    ['en', 'box boxes'],
    ['en', 'knife knives'],
    ['en', 'lens lenses'],
    ['en', "man men men's"],
    ['en', "woman women women's"],
    ['en', "child children children's"],
    ['en', 'tv tvs'],
    ['en', 'gpu gpus'],
    ['en', 'mouse mice'],
    ['en', 'hoodie hoodies'],
    ['en', 'charge charging'],
    ['en', 'earring earrings'],
    ['de', 'Schuh Schuhe'],
    ['de', 'Haus Häuser'],
    ['de', 'Waschmaschine Waschmaschinen'],
    ['fr', 'téléphone téléphones'],
    ['fr', 'chaussure chaussures'],
    ['es', 'zapato zapatos'],
    ['it', 'scarpa scarpe'],
    ['nl', 'telefoon telefoons'],
    ['pt', 'sapato sapatos'],
    ['sv', 'telefon telefoner'],
    ['ru', 'телефон телефоны'],
    ['ru', 'синий синяя'],
  ] as const)('(%s) gives %s one stem', (code, words) => {
    expect(stems(code, words)).toHaveLength(1)
  })

  it.each(['organ organic', 'universal university', 'ear earring', 'new news', 'bed bedding', 'glass plastic'])(
    'tells %s apart',
    (words) => {
      expect(stems('en', words)).toHaveLength(2)
    },
  )

  it('leaves words with digits and very long words as they are', () => {
    const { stemOf } = languageOf('en')
    expect(stemOf('1080s')).toBe('1080s')
    expect(stemOf('s'.repeat(64))).toBe('s'.repeat(64))
    expect(stemOf('constructor')).toBe('constructor')
    expect(stemOf('')).toBe('')
  })

  it('knows its stop words as they are folded', () => {
    const isStopWord = (code: string, word: string) => languageOf(code).isStopWord(wordsOf(word)[0]?.surface ?? '')
    expect(['a', 'the', 'with', 'for', "don't"].filter((word) => isStopWord('en', word))).toHaveLength(5)
    expect(['für', 'über', 'und'].filter((word) => isStopWord('de', word))).toHaveLength(3)
    expect(['phone', 'red', 'constructor'].some((word) => isStopWord('en', word))).toBe(false)
  })

  it('is refused by a sentence when it is not known', () => {
    expect(() => languageOf('xx')).toThrow(/Expected a language, one of ar .* zh; got "xx"\./)
    expect(() => languageOf('constructor')).toThrow(RangeError)
  })
})
