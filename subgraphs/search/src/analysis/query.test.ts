import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { languageOf } from './language.ts'
import { MAX_QUERY, MAX_QUERY_WORDS, type ParsedQuery, parseQuery, splitsOf } from './query.ts'

const english = languageOf('en')

function parsed(input: string): ParsedQuery {
  const query = parseQuery(input, english)
  if (!query) throw new Error(`Expected ${JSON.stringify(input)} to say something.`)
  return query
}

function surfaces(input: string): string[] {
  return parsed(input).words.map(({ surface }) => surface)
}

function otherWritings(input: string): Record<string, string[]> {
  return Object.fromEntries(
    parsed(input).words.map(({ surface, alternatives }) => [surface, alternatives.map((words) => words.join(' '))]),
  )
}

describe('a query', () => {
  it.each(['', '   ', '\n\t', '\u0000\u0007', '\u200e'])('that is blank (%j) says nothing', (input) => {
    expect(parseQuery(input, english)).toBeNull()
  })

  it.each(['!!!', '"', '""', '-', '- -', '---', '?*%', '👍🏽', '"!"', "'"])(
    'of symbols only (%s) holds no word',
    (input) => {
      expect(parsed(input)).toMatchObject({ words: [], phrases: [], excluded: [] })
    },
  )

  it('is text, whatever it looks like', () => {
    expect(surfaces("'; DROP TABLE products; --")).toEqual(['drop', 'table', 'products'])
    expect(surfaces('<script>alert(1)</script>')).toEqual(['script', 'alert', '1', 'script'])
    expect(surfaces('phone\u0000case\u001b')).toEqual(['phone', 'case'])
    expect(surfaces('👍🏽 phone')).toEqual(['phone'])
  })

  it('is read to its 200th character and its 16th word', () => {
    const long = parsed('x'.repeat(10_000))
    expect(long.text).toHaveLength(MAX_QUERY)
    expect(long.words).toHaveLength(1)
    expect(long.words[0]?.surface).toHaveLength(64)
    const many = parsed('a1 '.repeat(100))
    expect(many.words).toHaveLength(MAX_QUERY_WORDS)
    expect(many.words.some(({ isPrefix }) => isPrefix)).toBe(false)
    expect(parsed(`${'x'.repeat(199)}😀`).text).toHaveLength(199)
  })

  it('ends with a word that may be unfinished, unless a space or a quote follows', () => {
    const prefixes = (input: string) => parsed(input).words.map(({ isPrefix }) => isPrefix)
    expect(prefixes('blue sho')).toEqual([false, true])
    expect(prefixes('blue sho ')).toEqual([false, false])
    expect(prefixes('blue "sho"')).toEqual([false, false])
    expect(prefixes('blue sho -red')).toEqual([false, false])
  })

  it('marks stop words and keeps them', () => {
    expect(parsed('the who').words.map(({ surface, isStopWord }) => [surface, isStopWord])).toEqual([
      ['the', true],
      ['who', true],
    ])
  })

  it('knows the words as they were typed', () => {
    expect(parsed('Kühlschrank für 32 GB').words.map(({ typed }) => typed)).toEqual(['Kühlschrank', 'für', '32 GB'])
  })

  it('forgives one typo from four letters, two from eight, none in words with digits, in phrases and in signs', () => {
    const typos = (input: string) => parsed(input).words.map((word) => word.typos)
    expect(typos('cat case keyboard rtx3080 苹果手机壳')).toEqual([0, 1, 2, 0, ...typos('苹果手机壳').map(() => 0)])
    expect(typos('"wireless keyboard"')).toEqual([0, 0])
  })

  it('holds phrases, and words to leave out', () => {
    expect(parsed('"galaxy s10" case -refurbished -"screen protector"')).toMatchObject({
      phrases: [['galaxy', 's10']],
      excluded: [['refurbished'], ['screen', 'protector']],
    })
    expect(surfaces('“galaxy s10” case -refurbished')).toEqual(['galaxy', 's10', 'case'])
    expect(parsed('-usb')).toMatchObject({ words: [], excluded: [['usb']] })
    expect(parsed('wi-fi - router')).toMatchObject({ excluded: [] })
    expect(parsed('-wi-fi').excluded).toEqual([['wi', 'fi']])
  })

  it('tells inch signs from quotes', () => {
    expect(parsed('15.6" laptop')).toMatchObject({ phrases: [] })
    expect(surfaces('15.6" laptop')).toEqual(['15.6in', 'laptop'])
    expect(parsed('27" monitor "144hz"').phrases).toEqual([['144hz']])
    expect(surfaces('27" monitor "144hz"')).toEqual(['27in', 'monitor', '144hz'])
    expect(parsed('"no end of it').phrases).toEqual([])
  })

  it('knows words that may be written together', () => {
    expect(otherWritings('lap top')).toEqual({ lap: ['laptop'], top: ['laptop'] })
    expect(otherWritings('t shirt')).toEqual({ t: ['tshirt'], shirt: ['tshirt'] })
    expect(otherWritings('t-shirt')).toEqual({ t: ['tshirt'], shirt: ['tshirt'] })
    expect(otherWritings('rtx 3080')).toEqual({ rtx: ['rtx3080'], '3080': ['rtx3080'] })
    expect(otherWritings('all-in-one').all).toContain('allinone')
    expect(otherWritings('all-in-one').one).toContain('allinone')
  })

  it('knows model numbers that may be written apart, and umlauts that may be spelled out', () => {
    expect(otherWritings('rtx3080ti')).toEqual({ rtx3080ti: ['rtx 3080 ti'] })
    expect(otherWritings('kühlschrank')).toEqual({ kuhlschrank: ['kuehlschrank'] })
  })

  it('asks for signs two by two as well, however they are cut into words', () => {
    expect(otherWritings('ワイヤレス').ワイヤレス).toEqual(['ワイ イヤ ヤレ レス'])
  })

  it('joins no quantity with its neighbours, nothing in a phrase, nothing across what was left out', () => {
    expect(otherWritings('32gb ram')).toEqual({ '32gb': [], ram: [] })
    expect(otherWritings('"lap top"')).toEqual({ lap: [], top: [] })
    expect(otherWritings('lap -desk top')).toEqual({ lap: [], top: [] })
  })

  it('is understood whatever it is, within its bounds', () => {
    const pieces = fc.constantFrom(
      '"',
      '-',
      ' ',
      '-"',
      '15.6"',
      'phone',
      'é',
      '😀',
      '手机',
      '\u0000',
      "'",
      '&',
      'x',
      '“',
      '32 gb',
      '\ud800',
    )
    fc.assert(
      fc.property(
        fc.oneof(
          fc.array(pieces, { maxLength: 60 }).map((list) => list.join('')),
          fc.string({ unit: 'binary' }),
        ),
        (input) => {
          const query = parseQuery(input, english)
          if (!query) return
          expect(query.words.length).toBeLessThanOrEqual(MAX_QUERY_WORDS)
          expect(query.text.length).toBeLessThanOrEqual(MAX_QUERY)
          const known = new Set(query.words.map(({ surface }) => surface))
          for (const surface of query.phrases.flat()) expect(known).toContain(surface)
          for (const word of query.words) {
            expect(word.surface).toMatch(/^\S+$/)
            expect(word.surface.length).toBeLessThanOrEqual(64)
            for (const words of word.alternatives) expect(words.length).toBeGreaterThan(0)
          }
          expect(query.words.slice(0, -1).some(({ isPrefix }) => isPrefix)).toBe(false)
        },
      ),
      { numRuns: 2_000 },
    )
  })
})

describe('words written together', () => {
  const known = new Set(['laptop', 'bag', 'lap', 'top', 'damen', 'schuhe', 'arbeit', 'on'])
  const splits = (word: string) => splitsOf(word, (part) => known.has(part)).map((words) => words.join(' '))

  it('are told apart where both parts are known', () => {
    expect(splits('laptopbag')).toEqual(['laptop bag'])
    expect(splits('damenschuhe')).toEqual(['damen schuhe'])
    expect(splits('laptop')).toEqual(['lap top'])
    expect(splits('unknown')).toEqual([])
  })

  it('may be linked by a letter', () => {
    expect(splits('arbeitsschuhe')).toEqual(['arbeit schuhe'])
    expect(splits('lapsbag')).toEqual([])
  })

  it('are not looked for in what is too long', () => {
    expect(splitsOf('x'.repeat(10_000), () => true)).toEqual([])
  })
})
