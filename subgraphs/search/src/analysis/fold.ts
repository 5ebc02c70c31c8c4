/*
 * Folding: what is left of a text when case, accents and typography are taken away. Every letter remembers where it came from, so
 * that a match can be shown in the original.
 */

/** A text folded: `text` letter by letter came from `original.slice(from[i], to[i])`. Null: from the same places. */
export interface Folded {
  text: string
  from: Int32Array | null
  to: Int32Array | null
}

const ASCII = /^[\0-\x7f]*$/
// Accents of Latin, Greek and Cyrillic, points of Hebrew, vowels of Arabic with its stretching line, zero-width marks, soft hyphen.
const DROPPED =
  /[\u0300-\u036f]|[\u0591-\u05c7]|[\u0610-\u061a]|[\u064b-\u065f]|\u0670|\u0640|\u00ad|[\u200b-\u200d]|\u2060|\ufe0e|\ufe0f|\ufeff/gu
// й and ї are letters of their own, not accented ones: endings of words depend on them.
const LETTERS: Record<string, string> = {
  ß: 'ss',
  ẞ: 'ss',
  æ: 'ae',
  Æ: 'ae',
  œ: 'oe',
  Œ: 'oe',
  ø: 'o',
  Ø: 'o',
  ı: 'i',
  ł: 'l',
  Ł: 'l',
  đ: 'd',
  Đ: 'd',
  ð: 'd',
  Ð: 'd',
  þ: 'th',
  Þ: 'th',
  ħ: 'h',
  Ħ: 'h',
  ŋ: 'n',
  Ŋ: 'n',
  ς: 'σ',
  й: 'й',
  Й: 'й',
  ї: 'ї',
  Ї: 'ї',
  '™': ' ',
  '℠': ' ',
  '’': "'",
  '‘': "'",
  ʼ: "'",
  '´': "'",
  '`': "'",
  '＇': "'",
  '′': "'",
  '″': '"',
  '”': '"',
  '“': '"',
  '„': '"',
  '‐': '-',
  '‑': '-',
  '–': '-',
  '—': '-',
  '−': '-',
  '⁄': '/',
  '×': 'x',
} // prettier-ignore
const VULGAR_FRACTION = /^\p{No}$/u

const known = new Map<string, string>()
const MAX_KNOWN = 20_000

/** One letter folded: none, one or more letters. */
function foldLetter(letter: string): string {
  let folded = known.get(letter)
  if (folded === undefined) {
    folded = LETTERS[letter] ?? decomposed(letter)
    if (known.size >= MAX_KNOWN) known.clear()
    known.set(letter, folded)
  }
  return folded
}

function decomposed(letter: string): string {
  const folded = letter.normalize('NFKD').toLowerCase().replace(DROPPED, '').normalize('NFC').replaceAll('\u2044', '/')
  // "1½" is one and a half, not eleven halves.
  return VULGAR_FRACTION.test(letter) && folded.includes('/') ? ` ${folded}` : folded
}

/** Folds a whole text. Lone surrogates stay as they are. */
export function fold(original: string): Folded {
  if (ASCII.test(original)) return { text: original.toLowerCase(), from: null, to: null }
  const parts: string[] = []
  const from: number[] = []
  const to: number[] = []
  let at = 0
  for (const letter of original) {
    const end = at + letter.length
    const folded = letter < '\x80' ? letter.toLowerCase() : foldLetter(letter)
    // An accent that stands alone belongs to the letter before it.
    if (folded === '' && to.length > 0) to[to.length - 1] = end
    for (let i = 0; i < folded.length; i++) {
      from.push(at)
      to.push(end)
    }
    parts.push(folded)
    at = end
  }
  return { text: parts.join(''), from: Int32Array.from(from), to: Int32Array.from(to) }
}

const SPELLED: Record<string, string> = { ä: 'ae', ö: 'oe', ü: 'ue', ø: 'oe', å: 'aa' }
const SPELLED_OUT = /[äöüøå]/g

/** A word with its umlauts spelled out as German and Nordic keyboards without them do ("kuehl"); null when it has none. */
export function spelledOut(original: string): string | null {
  if (ASCII.test(original)) return null
  const word = original.normalize('NFC').toLowerCase()
  const spelled = word.replace(SPELLED_OUT, (letter) => SPELLED[letter] ?? letter)
  return spelled === word ? null : fold(spelled).text
}
