/*
 * What the analysis knows about languages: the Snowball stemmers and stop word lists of `@orama/stemmers` and `@orama/stopwords`, and
 * for English the plurals that Porter's rules get wrong ("knives", "lenses", "gpus") and the words they wrongly join ("organic", "organ").
 */
import { stemmer as arabic } from '@orama/stemmers/arabic'
import { stemmer as armenian } from '@orama/stemmers/armenian'
import { stemmer as bulgarian } from '@orama/stemmers/bulgarian'
import { stemmer as danish } from '@orama/stemmers/danish'
import { stemmer as dutch } from '@orama/stemmers/dutch'
import { stemmer as english } from '@orama/stemmers/english'
import { stemmer as finnish } from '@orama/stemmers/finnish'
import { stemmer as french } from '@orama/stemmers/french'
import { stemmer as german } from '@orama/stemmers/german'
import { stemmer as greek } from '@orama/stemmers/greek'
import { stemmer as hungarian } from '@orama/stemmers/hungarian'
import { stemmer as hindi } from '@orama/stemmers/indian'
import { stemmer as indonesian } from '@orama/stemmers/indonesian'
import { stemmer as irish } from '@orama/stemmers/irish'
import { stemmer as italian } from '@orama/stemmers/italian'
import { stemmer as lithuanian } from '@orama/stemmers/lithuanian'
import { stemmer as nepali } from '@orama/stemmers/nepali'
import { stemmer as norwegian } from '@orama/stemmers/norwegian'
import { stemmer as portuguese } from '@orama/stemmers/portuguese'
import { stemmer as romanian } from '@orama/stemmers/romanian'
import { stemmer as russian } from '@orama/stemmers/russian'
import { stemmer as serbian } from '@orama/stemmers/serbian'
import { stemmer as spanish } from '@orama/stemmers/spanish'
import { stemmer as swedish } from '@orama/stemmers/swedish'
import { stemmer as tamil } from '@orama/stemmers/tamil'
import { stemmer as turkish } from '@orama/stemmers/turkish'
import { stemmer as ukrainian } from '@orama/stemmers/ukrainian'
import { stopwords as arabicStops } from '@orama/stopwords/arabic'
import { stopwords as armenianStops } from '@orama/stopwords/armenian'
import { stopwords as bulgarianStops } from '@orama/stopwords/bulgarian'
import { stopwords as danishStops } from '@orama/stopwords/danish'
import { stopwords as dutchStops } from '@orama/stopwords/dutch'
import { stopwords as englishStops } from '@orama/stopwords/english'
import { stopwords as finnishStops } from '@orama/stopwords/finnish'
import { stopwords as frenchStops } from '@orama/stopwords/french'
import { stopwords as germanStops } from '@orama/stopwords/german'
import { stopwords as greekStops } from '@orama/stopwords/greek'
import { stopwords as hungarianStops } from '@orama/stopwords/hungarian'
import { stopwords as hindiStops } from '@orama/stopwords/indian'
import { stopwords as indonesianStops } from '@orama/stopwords/indonesian'
import { stopwords as irishStops } from '@orama/stopwords/irish'
import { stopwords as italianStops } from '@orama/stopwords/italian'
import { stopwords as japaneseStops } from '@orama/stopwords/japanese'
import { stopwords as lithuanianStops } from '@orama/stopwords/lithuanian'
import { stopwords as chineseStops } from '@orama/stopwords/mandarin'
import { stopwords as nepaliStops } from '@orama/stopwords/nepali'
import { stopwords as norwegianStops } from '@orama/stopwords/norwegian'
import { stopwords as portugueseStops } from '@orama/stopwords/portuguese'
import { stopwords as romanianStops } from '@orama/stopwords/romanian'
import { stopwords as russianStops } from '@orama/stopwords/russian'
import { stopwords as serbianStops } from '@orama/stopwords/serbian'
import { stopwords as spanishStops } from '@orama/stopwords/spanish'
import { stopwords as swedishStops } from '@orama/stopwords/swedish'
import { stopwords as tamilStops } from '@orama/stopwords/tamil'
import { stopwords as turkishStops } from '@orama/stopwords/turkish'
import { stopwords as ukrainianStops } from '@orama/stopwords/ukrainian'
import { stemOfEnglish } from './english.ts'
import { fold } from './fold.ts'

/** How words of a language are reduced to their stem, and which of them say little. Words come folded, as `wordsOf` gives them. */
export interface Language {
  /** ISO 639-1. */
  code: string
  /** Writes compounds as one word ("Damenschuhe"): what a word ends with is worth looking for. */
  compounds: boolean
  /** Words of one stem are forms of one word. A word with digits or of more than 40 letters is its own stem. */
  stemOf(word: string): string
  isStopWord(word: string): boolean
}

type Stemmer = (word: string) => string

const asIs: Stemmer = (word) => word
const LANGUAGES: Record<string, readonly [Stemmer, readonly string[]]> = {
  ar: [arabic, arabicStops],
  bg: [bulgarian, bulgarianStops],
  da: [danish, danishStops],
  de: [german, germanStops],
  el: [greek, greekStops],
  en: [(word) => stemOfEnglish(word, english), [...englishStops, 'a']],
  es: [spanish, spanishStops],
  fi: [finnish, finnishStops],
  fr: [french, frenchStops],
  ga: [irish, irishStops],
  hi: [hindi, hindiStops],
  hu: [hungarian, hungarianStops],
  hy: [armenian, armenianStops],
  id: [indonesian, indonesianStops],
  it: [italian, italianStops],
  ja: [asIs, japaneseStops],
  lt: [lithuanian, lithuanianStops],
  ne: [nepali, nepaliStops],
  nl: [dutch, dutchStops],
  no: [norwegian, norwegianStops],
  pt: [portuguese, portugueseStops],
  ro: [romanian, romanianStops],
  ru: [russian, russianStops],
  sr: [serbian, serbianStops],
  sv: [swedish, swedishStops],
  ta: [tamil, tamilStops],
  tr: [turkish, turkishStops],
  uk: [ukrainian, ukrainianStops],
  zh: [asIs, chineseStops],
}
const COMPOUNDING = new Set(['da', 'de', 'fi', 'hu', 'nl', 'no', 'sv'])
const MAX_STEMMED = 40
const DIGIT = /[0-9]/

const made = new Map<string, Language>()

/** The language of an ISO 639-1 code ("en"). Throws a RangeError that lists the known codes. */
export function languageOf(code: string): Language {
  const known = made.get(code)
  if (known) return known
  const parts = Object.hasOwn(LANGUAGES, code) ? LANGUAGES[code] : undefined
  if (!parts)
    throw new RangeError(
      `Expected a language, one of ${Object.keys(LANGUAGES).join(' ')}; got ${JSON.stringify(code)}.`,
    )
  const [stemmer, stops] = parts
  const stopWords = new Set(stops.map((word) => fold(word).text.replaceAll("'", '').trim()))
  const language: Language = {
    code,
    compounds: COMPOUNDING.has(code),
    stemOf: (word) => (word.length > MAX_STEMMED || DIGIT.test(word) ? word : stemmer(word) || word),
    isStopWord: (word) => stopWords.has(word),
  }
  made.set(code, language)
  return language
}
