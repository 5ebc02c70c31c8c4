import { fold } from './fold.ts'
import { MAX_CHAIN, type Word, wordsOf } from './words.ts'

/** A part of a text, in order. */
export interface Part {
  text: string
  highlighted: boolean
}

/** Is this (folded) word what was asked for? A number: that many of its first letters are. */
export type Matches = (word: string) => boolean | number

interface Range {
  start: number
  end: number
}

/** A longer text is cut here before a snippet is looked for. */
const MAX_TEXT = 20_000
/** How much of a snippet stands before the first word that matches. */
const LEAD = 0.2

/** The text in parts; joined they are the text. A word is marked when it, another writing of it or a piece of it matches. */
export function highlight(text: string, matches: Matches): Part[] {
  return partsOf(text, { start: 0, end: text.length }, matchesIn(text, wordsOf(text), matches))
}

/**
 * At most `maxCharacters` of the text, where most different words match, "…" where it was cut (counted too). Words are not cut, unless
 * one alone is too long.
 */
export function snippet(text: string, matches: Matches, maxCharacters: number): Part[] {
  if (maxCharacters < 3) return []
  if (text.length <= maxCharacters) return highlight(text, matches)
  const read = text.slice(0, MAX_TEXT)
  const words = wordsOf(read)
  const found = matchesIn(read, words, matches)
  const window = trimmed(read, words, found, windowOf(read, words, found, maxCharacters - 2))
  const parts = partsOf(read, window, found)
  if (window.start > 0) parts.unshift({ text: '…', highlighted: false })
  if (window.end < text.trimEnd().length) parts.push({ text: '…', highlighted: false })
  return merged(parts)
}

/** Where words match, in order; a joined writing may reach over the words that follow. */
function matchesIn(text: string, words: readonly Word[], matches: Matches): Range[] {
  return words.map((_, i) => matchOf(text, words, i, matches)).filter((range) => range !== null)
}

function matchOf(text: string, words: readonly Word[], i: number, matches: Matches): Range | null {
  const word = words[i] as Word
  const { start, end } = word
  const match = matches(word.surface)
  if (match === true) return { start, end }
  if (typeof match === 'number' && match > 0)
    return { start, end: start + lettersOf(text.slice(start, end), word.surface, match) }
  for (const also of word.also) if (matches(also)) return { start, end: endOfJoined(words, i, also) }
  return word.parts.some((part) => matches(part) !== false) ? { start, end } : null
}

/** How many characters of the original the first letters of the folded word come from; all when it was not folded letter by letter. */
function lettersOf(original: string, surface: string, letters: number): number {
  const folded = fold(original)
  let at = 0
  for (let read = 0; at < folded.text.length && read < letters; at++) {
    if (folded.text[at] === "'") continue
    if (folded.text[at] !== surface[read]) return original.length
    read++
  }
  return folded.to === null ? at : (folded.to[at - 1] ?? original.length)
}

/** "wifi" stands at the "wi" of "wi-fi" and ends with its "fi". */
function endOfJoined(words: readonly Word[], i: number, also: string): number {
  let joined = ''
  for (let j = i; j < words.length && j < i + MAX_CHAIN && joined.length < also.length; j++) {
    joined += words[j]?.surface
    if (joined === also) return (words[j] as Word).end
  }
  return (words[i] as Word).end
}

/** The part of the text that begins a little before the match from which on the most different words match. */
function windowOf(text: string, words: readonly Word[], found: readonly Range[], length: number): Range {
  let best = { start: 0, end: 0, score: 0 }
  for (const [i, first] of found.entries()) {
    const different = new Set<string>()
    let end = first.end
    for (let j = i; j < found.length && (found[j] as Range).end - first.start <= length * (1 - LEAD); j++) {
      end = found[j]?.end ?? end
      different.add(fold(text.slice(found[j]?.start, found[j]?.end)).text)
    }
    if (different.size > best.score) best = { start: first.start, end, score: different.size }
  }
  // A text is best read from its beginning, so the beginning wins when it holds the matches too.
  const isAtBeginning = best.end <= length
  const from = isAtBeginning ? 0 : best.start - Math.floor(length * LEAD)
  const start = from === 0 ? 0 : (words.find((word) => word.start >= from)?.start ?? from)
  return { start: Math.min(start, Math.max(0, best.start)), end: Math.min(text.length, start + length) }
}

/** The window without half words at its end and spaces at its ends. */
function trimmed(text: string, words: readonly Word[], found: readonly Range[], { start, end }: Range): Range {
  const halved = words.find((word) => word.start < end && word.end > end)
  // A long word of which the beginning matched is rather cut than left out.
  const isMatch = halved && found.some((range) => range.start >= halved.start && range.start < end)
  let last = halved && halved.start > start && !isMatch ? halved.start : end
  if (/[\ud800-\udbff]/.test(text[last - 1] ?? '') && last < text.length) last--
  const kept = text.slice(start, last)
  return { start: start + kept.length - kept.trimStart().length, end: start + kept.trimEnd().length }
}

function partsOf(text: string, window: Range, found: readonly Range[]): Part[] {
  const parts: Part[] = []
  let at = window.start
  for (const range of found) {
    const [start, end] = [Math.max(range.start, at), Math.min(range.end, window.end)]
    if (start >= end) continue
    parts.push({ text: text.slice(at, start), highlighted: false }, { text: text.slice(start, end), highlighted: true })
    at = end
  }
  parts.push({ text: text.slice(at, window.end), highlighted: false })
  return merged(parts)
}

function merged(parts: readonly Part[]): Part[] {
  const result: Part[] = []
  for (const { text, highlighted } of parts) {
    const last = result.at(-1)
    if (text === '') continue
    if (last?.highlighted === highlighted) last.text += text
    else result.push({ text, highlighted })
  }
  return result
}
