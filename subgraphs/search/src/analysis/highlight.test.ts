import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { highlight, type Part, snippet } from './highlight.ts'

function matching(...words: string[]): (word: string) => boolean {
  return (word) => words.includes(word)
}

/** [marked] text. */
function shown(parts: readonly Part[]): string {
  return parts.map(({ text, highlighted }) => (highlighted ? `[${text}]` : text)).join('')
}

describe('a highlighted text', () => {
  it.each([
    ['Apple iPhone case', ['iphone'], 'Apple [iPhone] case'],
    ['Crème Brûlée torch', ['brulee'], 'Crème [Brûlée] torch'],
    ["Men's shoes", ['mens'], "[Men's] shoes"],
    ['Wi-Fi router', ['wifi'], '[Wi-Fi] router'],
    ['All-in-One PC', ['allinone'], '[All-in-One] PC'],
    ['8 GB memory', ['8gb'], '[8 GB] memory'],
    ['RTX3080 card', ['3080'], '[RTX3080] card'],
    ['15.6" laptop', ['15.6in'], '[15.6"] laptop'],
    ['苹果手机', ['手机'], '苹果[手机]'],
    ['nothing here', ['else'], 'nothing here'],
    ['', ['else'], ''],
  ] as const)('of %j for %j is %j', (text, words, expected) => {
    expect(shown(highlight(text, matching(...words)))).toBe(expected)
  })

  it('marks only the first letters when only they were asked for', () => {
    expect(shown(highlight('Headphones', (word) => word.startsWith('head') && 4))).toBe('[Head]phones')
    expect(shown(highlight('Straße', (word) => word === 'strasse' && 6))).toBe('[Straß]e')
    expect(shown(highlight("Men's", (word) => word === 'mens' && 4))).toBe("[Men's]")
    expect(shown(highlight('8 GB', (word) => word === '8gb' && 2))).toBe('[8 GB]')
  })

  const pieces = fc.constantFrom(
    'phone',
    'Case',
    ' ',
    '-',
    'é',
    'ß',
    '😀',
    '手机壳',
    '32 GB',
    '½',
    '\ud83d',
    '. ',
    '\n',
    'rtx3080',
    "men's",
  )
  const texts = fc.array(pieces, { maxLength: 80 }).map((list) => list.join(''))
  const matches = fc.func(fc.oneof(fc.boolean(), fc.nat({ max: 5 })))

  it('is the text', () => {
    fc.assert(
      fc.property(texts, matches, (text, isMatch) => {
        const parts = highlight(text, isMatch)
        expect(parts.map((part) => part.text).join('')).toBe(text)
        for (const [i, part] of parts.entries()) {
          expect(part.text).not.toBe('')
          expect(part.highlighted).not.toBe(parts[i + 1]?.highlighted)
        }
      }),
      { numRuns: 1_000 },
    )
  })

  it('when cut is within its length, a part of the text, and shows a match when there is one that fits', () => {
    fc.assert(
      fc.property(texts, matches, fc.integer({ min: 0, max: 120 }), (text, isMatch, maxCharacters) => {
        const parts = snippet(text, isMatch, maxCharacters)
        const whole = parts.map((part) => part.text).join('')
        expect(whole.length).toBeLessThanOrEqual(maxCharacters)
        expect(text).toContain(whole.replace(/^…/, '').replace(/…$/, ''))
        const marked = highlight(text, isMatch).filter(({ highlighted }) => highlighted)
        const longest = Math.max(0, ...marked.map((part) => part.text.length))
        if (marked.length > 0 && maxCharacters >= 3 * longest + 20)
          expect(parts.some(({ highlighted }) => highlighted)).toBe(true)
      }),
      { numRuns: 2_000 },
    )
  })
})

describe('a snippet', () => {
  const text =
    'Grab your data and your minutes as you go with this smartphone. The 4.5-inch screen offers a dazzling display for texting, ' +
    'gaming or scrolling the Internet. A microSD slot lets you add up to 128GB storage, and this phone has a 5-megapixel camera.'

  it('is the text when that is short enough', () => {
    expect(shown(snippet('A short text', matching('short'), 20))).toBe('A [short] text')
  })

  it('begins at the beginning when nothing matches or the match is there', () => {
    expect(shown(snippet(text, matching(), 40))).toBe('Grab your data and your minutes as you…')
    expect(shown(snippet(text, matching('data', 'minutes'), 40))).toBe('Grab your [data] and your [minutes] as you…')
  })

  it('lies where most different words match', () => {
    expect(shown(snippet(text, matching('screen', 'camera', 'storage', 'phone', '5', 'your'), 70))).toBe(
      '…up to 128GB [storage], and this [phone] has a [5-megapixel] [camera].',
    )
  })

  it('shows the beginning of a word that matched, though the word is too long', () => {
    const long = `a ${'b'.repeat(60)}`
    expect(shown(snippet(long, (word) => word.startsWith('bb') && 2, 30))).toBe(`a [bb]${'b'.repeat(24)}…`)
  })

  it('cuts a word that alone is too long', () => {
    expect(shown(snippet('x'.repeat(100), matching(), 10))).toBe(`${'x'.repeat(8)}…`)
    expect(snippet('long enough', matching(), 2)).toEqual([])
  })
})
