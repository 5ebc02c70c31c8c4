/*
 * One way to cut text into words, for documents and for queries alike, so that what was indexed is what is asked for. Texts without
 * spaces (Chinese, Japanese, Thai, Lao, Khmer, Burmese) are cut by the dictionaries of `Intl.Segmenter`; a word of three and more
 * signs is also indexed by its pairs, because a query may be cut at another place.
 */
import { fold, spelledOut } from './fold.ts'
import { quantityAt } from './quantity.ts'

/** A word of a text: what is indexed and what is asked for. */
export interface Word {
  /** Folded: lower case, no accents, no apostrophes, at most 64 characters. A number with its unit is one word: "32gb". */
  surface: string
  /** Where it stands in the original text. */
  start: number
  end: number
  /** The same written otherwise, indexed at the same place: "wifi" at the "wi" of "wi-fi", "kuehl" of "kühl". */
  also: readonly string[]
  /** What it consists of, indexed at the same place: "rtx", "3080" of "rtx3080"; "2", "4" of "2x4"; "32" of "32gb". */
  parts: readonly string[]
}

interface Draft extends Word {
  also: string[]
  parts: string[]
  /** In the folded text. */
  from: number
  to: number
  canJoin: boolean
}

/** Letters of a surface. */
export const MAX_WORD = 64
/** Words joined by hyphens that are also one word. */
export const MAX_CHAIN = 5
const MAX_SEGMENTED = 1_000
const RUN = /[\p{L}\p{N}][\p{L}\p{N}\p{M}]*(?:'\p{L}[\p{L}\p{N}\p{M}]*)*/gu
const UNSPACED =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u
const ELISION = /^(?:[ldjnscmt]|qu|jusqu|lorsqu|puisqu|un|all|dall|dell|nell|sull|quell)'(?=[aeiouyh]\p{L}{2})/u
const DIGIT = /^[0-9]/
const segmenter = new Intl.Segmenter('und', { granularity: 'word' })

/** The words of a text in order. A document indexes `surface`, `also` and `parts` of each at one position. */
export function wordsOf(text: string): Word[] {
  const folded = fold(text)
  const drafts: Draft[] = []
  for (const draft of draftsOf(folded.text)) {
    draft.start = folded.from?.[draft.from] ?? draft.from
    draft.end = folded.to?.[draft.to - 1] ?? draft.to
    if (folded.from !== null) {
      const spelled = spelledOut(text.slice(draft.start, draft.end))
      if (spelled !== null) draft.also.push(cut(spelled.replaceAll("'", '')))
    }
    drafts.push(draft)
  }
  join(folded.text, drafts)
  return drafts.map(({ surface, start, end, also, parts }) => ({ surface, start, end, also, parts }))
}

/** Is this a word of a script that is written without spaces? */
export function isUnspaced(surface: string): boolean {
  return UNSPACED.test(surface)
}

function* draftsOf(text: string): Generator<Draft> {
  RUN.lastIndex = 0
  let at = 0
  for (;;) {
    RUN.lastIndex = at
    const found = RUN.exec(text)
    if (!found) return
    const run = found[0]
    const from = found.index
    at = from + run.length
    if (DIGIT.test(run)) {
      const quantity = quantityAt(text, from)
      if (quantity && quantity.end > from) {
        at = quantity.end
        const { surface, also, parts, isPlain } = quantity
        yield draftOf(surface, from, at, also, parts, isPlain)
        continue
      }
    }
    if (UNSPACED.test(run)) {
      yield* segmented(run, from)
      continue
    }
    const elided = ELISION.exec(run)
    if (elided) {
      const middle = from + elided[0].length
      yield draftOf(text.slice(from, middle - 1), from, middle - 1, [], [], true)
      yield draftOf(text.slice(middle, at), middle, at, [], [], true)
    } else yield draftOf(run, from, at, [], piecesOf(run), true)
  }
}

function draftOf(word: string, from: number, to: number, also: string[], parts: string[], canJoin: boolean): Draft {
  return { surface: cut(word.replaceAll("'", '')), start: from, end: to, from, to, also, parts, canJoin }
}

function* segmented(run: string, offset: number): Generator<Draft> {
  for (let at = 0; at < run.length; at += MAX_SEGMENTED) {
    for (const { segment, index, isWordLike } of segmenter.segment(run.slice(at, at + MAX_SEGMENTED))) {
      if (!isWordLike) continue
      const from = offset + at + index
      yield draftOf(segment, from, from + segment.length, [], pairsOf(segment), false)
    }
  }
}

function pairsOf(segment: string): string[] {
  if (segment.length < 3 || segment.length > 16 || !UNSPACED.test(segment)) return []
  const signs = [...segment]
  return signs.slice(1).map((sign, i) => `${signs[i]}${sign}`)
}

/** Letters and digits of a model number. "4k", "i7" and "r7s" stay whole, and so do long serial numbers. */
function piecesOf(word: string): string[] {
  if (word.length > MAX_WORD || !/[0-9]/.test(word)) return []
  const pieces = word.replaceAll("'", '').match(/[0-9]+|[^0-9]+/g) ?? []
  return pieces.length > 1 && pieces.length < 4 && pieces.some((piece) => /^[^0-9]{2}/.test(piece)) ? pieces : []
}

/** Adds the forms written together of words joined by a hyphen, a dot or an apostrophe; makes one word of "AT&T". */
function join(text: string, drafts: Draft[]): void {
  for (let i = 1; i < drafts.length; i++) {
    const [left, right] = [drafts[i - 1] as Draft, drafts[i] as Draft]
    if (isAmpersand(text.slice(left.to, right.from)) && isInitials(left, right)) {
      const parts = [left.surface, right.surface]
      drafts.splice(i - 1, 2, { ...left, surface: parts.join(''), to: right.to, end: right.end, parts, also: [] })
    }
  }
  for (let first = 0; first < drafts.length; ) {
    let last = first
    while (last + 1 < drafts.length && last - first + 1 < MAX_CHAIN && areJoined(text, drafts[last], drafts[last + 1]))
      last++
    for (let i = first; i < last; i++) {
      let joined = drafts[i]?.surface ?? ''
      for (let j = i + 1; j <= last; j++) {
        joined += drafts[j]?.surface ?? ''
        if (joined.length <= MAX_WORD && !/^[0-9.]+$/.test(joined)) drafts[i]?.also.push(joined)
      }
    }
    first = last + 1
  }
}

function isAmpersand(between: string): boolean {
  return between.length <= 3 && between.trim() === '&'
}

function isInitials(left: Draft, right: Draft): boolean {
  return left.surface.length + right.surface.length <= 4 && /^\p{L}+$/u.test(left.surface + right.surface)
}

function areJoined(text: string, left: Draft | undefined, right: Draft | undefined): boolean {
  if (!left?.canJoin || !right?.canJoin || right.from - left.to !== 1) return false
  const between = text[left.to]
  // A dot without a space is often only a space forgotten.
  if (between === '.') return Math.min(left.surface.length, right.surface.length) <= 3
  return between === '-' || between === '_' || between === "'"
}

function cut(word: string): string {
  return word.length > MAX_WORD ? word.slice(0, MAX_WORD).replace(/[\ud800-\udbff]$/, '') : word
}
