import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fold } from './fold.ts'
import { wordsOf } from './words.ts'

function surfaces(text: string): string[] {
  return wordsOf(text).map(({ surface }) => surface)
}

/** Everything under which a text is indexed. */
function indexed(text: string): string[] {
  return wordsOf(text).flatMap(({ surface, also, parts }) => [surface, ...also, ...parts])
}

describe('words', () => {
  it.each([
    ['Crème Brûlée', ['creme', 'brulee']],
    ['Straße STRASSE', ['strasse', 'strasse']],
    ['Ærø Łódź', ['aero', 'lodz']],
    ['ＦＵＬＬ　ｗｉｄｔｈ', ['full', 'width']],
    ['ﬁlter', ['filter']],
    ['Apple® iPhone™', ['apple', 'iphone']],
    ['Синий чехол', ['синий', 'чехол']],
    ["men's MEN’S mens", ['mens', 'mens', 'mens']],
    ["O'Reilly", ['oreilly']],
    ["l'écran", ['l', 'ecran']],
    ['phone, case; (blue)/red', ['phone', 'case', 'blue', 'red']],
    ['AT&T', ['att']],
    ['', []],
    ['!?#', []],
    ['👍🏽', []],
  ] as const)('of %j are %j', (text, expected) => {
    expect(surfaces(text)).toEqual(expected)
  })

  it.each([
    ['32gb', ['32gb', '32 GB', '32-GB', '32 gigabytes', '32GB']],
    ['15.6in', ['15.6"', '15.6 inch', '15,6 Zoll', '15.6-inch', '15.6in', '15.6”', '15.60 inches', "15.6''"]],
    ['0.5in', ['1/2 in.', '1/2"', '½"', '0.5 inch']],
    ['1.5in', ['1 1/2"', '1-1/2 in', '1½"']],
    ['2x4', ['2x4', '2 x 4', '2×4', '2X4']],
    ['1000lm', ['1,000 lumens', '1000 lumen', '1000lm']],
    ['6ft', ["6'", '6 ft', '6-foot', '6 feet']],
    ['144hz', ['144Hz', '144 hz', '144 Hertz']],
    ['24pack', ['24-pack', '24 pack', '24pk']],
    ['650w', ['650 W', '650W', '650 watts']],
    ['3.5mm', ['3.5mm', '3,5 mm', '3.5 millimeters']],
  ] as const)('write the quantity %s in one way', (surface, writings) => {
    for (const writing of writings) expect([writing, surfaces(writing)]).toEqual([writing, [surface]])
  })

  it('leave numbers in names and sentences alone', () => {
    expect(surfaces('3 in 1 charger')).toEqual(['3', 'in', '1', 'charger'])
    expect(surfaces('5 to 10')).toEqual(['5', 'to', '10'])
    expect(surfaces('iphone 13 pro')).toEqual(['iphone', '13', 'pro'])
    expect(surfaces('4k tv')).toEqual(['4k', 'tv'])
    expect(surfaces('i7-9700k')).toEqual(['i7', '9700k'])
  })

  it.each([
    ['t-shirt', ['t', 'shirt', 'tshirt']],
    ['wi-fi', ['wi', 'fi', 'wifi']],
    ['wd-40', ['wd', '40', 'wd40']],
    ['rtx3080', ['rtx3080', 'rtx', '3080']],
    ['RTX-3080 Ti', ['rtx3080', 'rtx', '3080', 'ti']],
    ['32 GB', ['32gb', '32']],
    ['15.6-inch', ['15.6in', '15.6', 'inch']],
    ['2x4', ['2x4', '2', '4']],
    ['Kühlschrank', ['kuhlschrank', 'kuehlschrank']],
    ['AT&T', ['att', 'at', 't']],
    ["l'écran", ['l', 'ecran', 'lecran']],
  ] as const)('of %s are indexed in every way it may be asked for', (text, expected) => {
    expect(indexed(text)).toEqual(expect.arrayContaining([...expected]))
  })

  it('cut texts without spaces by a dictionary, and long words into pairs too', () => {
    expect(surfaces('苹果手机')).toEqual(['苹果', '手机'])
    expect(surfaces('ワイヤレスイヤホン')[0]).toBe('ワイヤレス')
    expect(indexed('ワイヤレスイヤホン')).toEqual(expect.arrayContaining(['イヤ', 'ヤホ', 'ホン', 'スイ']))
    expect(indexed('苹果手机')).toEqual(expect.arrayContaining(['苹果', '果手', '手机', '手', '机']))
    expect(surfaces('สมาร์ทโฟน ราคา')).toContain('ราคา')
    expect(surfaces('iPhone手机壳').join('')).toBe('iphone手机壳')
    expect(surfaces('무선 이어폰')).toEqual(['무선', '이어폰'])
  })

  it('have at most 64 characters each, and take long texts in their stride', () => {
    expect(surfaces('x'.repeat(10_000))).toEqual(['x'.repeat(64)])
    expect(surfaces('手'.repeat(10_000)).every((word) => word.length <= 64)).toBe(true)
    expect(wordsOf('a-'.repeat(50_000))).toHaveLength(50_000)
    expect(surfaces('1/'.repeat(10_000)).length).toBeGreaterThan(0)
    expect(surfaces('1x'.repeat(10_000)).length).toBeGreaterThan(0)
    expect(surfaces("a'".repeat(10_000)).length).toBeGreaterThan(0)
  })

  const pieces = fc.constantFrom(
    'phone',
    'É',
    'ß',
    '15.6"',
    '32 GB',
    '½',
    '-',
    ' ',
    "'",
    '"',
    'x',
    '2',
    '手机',
    'ｗ',
    '😀',
    '\ud83d',
    'й',
    '\u0301',
    '&',
    '.',
    ',',
    '/',
    'ﬁ',
  )
  const texts = fc.oneof(
    fc.array(pieces, { maxLength: 40 }).map((list) => list.join('')),
    fc.string({ unit: 'binary' }),
  )

  it('stand in the text, in order, and share at most one sign ("½" of "½x" holds the end of one and the beginning of the next)', () => {
    fc.assert(
      fc.property(texts, (text) => {
        let at = { start: 0, end: 0 }
        for (const { surface, start, end, also, parts } of wordsOf(text)) {
          expect(start).toBeGreaterThanOrEqual(Math.max(at.start, at.end - 2))
          expect(end).toBeGreaterThan(start)
          expect(end).toBeLessThanOrEqual(text.length)
          at = { start, end }
          for (const word of [surface, ...also, ...parts]) expect(word).toMatch(/^\S{1,64}$/)
        }
      }),
      { numRuns: 3_000 },
    )
  })

  it('are the same in upper case, decomposed and with spaces around', () => {
    const text = fc
      .array(fc.constantFrom('phone', 'é', 'ö', '32 GB', ' ', '-', 'rtx3080', '15.6"', 'ñ'), { maxLength: 20 })
      .map((list) => list.join(''))
    fc.assert(
      fc.property(text, (written) => {
        const expected = surfaces(written)
        expect(surfaces(written.toUpperCase())).toEqual(expected)
        expect(surfaces(written.normalize('NFD'))).toEqual(expected)
        expect(surfaces(`  ${written}\n`)).toEqual(expected)
      }),
    )
  })

  it('come again from their own folded writing', () => {
    fc.assert(
      fc.property(texts, (text) => {
        const folded = fold(text).text
        expect(fold(folded).text).toBe(folded)
      }),
      { numRuns: 2_000 },
    )
  })
})
