/*
 * Words within a few edits of another one: a walk over the trie that carries one row of the distance table a letter (optimal string
 * alignment: a letter more, less or another one, or two neighbours swapped, each one edit), only the diagonal band that can still come
 * out low enough, and leaves a branch when nothing in the band does. Long because the walk is one loop for speed.
 */
import { END, type Trie } from './trie.ts'

export interface Near {
  id: number
  edits: number
}

/** Most letters of a word that is looked for; a longer one has no near words. */
export const MAX_NEAR_LETTERS = 40
/** At most so many nodes are visited. Only beginnings of few letters come near it: there is no end of words that continue them. */
const MAX_VISITS = 60_000
const FIRST_IDEOGRAPH = 0x2e80
const [ZERO, NINE] = [48, 57]

/**
 * Calls `found` for each word without digits at distance 0..edits; with `prefix`, for each word with a beginning at that distance, with
 * the lowest one. Words are visited in no order, each once.
 */
export function walkNear(
  trie: Trie,
  wordOf: (id: number) => string,
  word: string,
  edits: number,
  prefix: boolean,
  found: (id: number, edits: number) => void,
): void {
  const length = word.length
  if (length === 0 || length > MAX_NEAR_LETTERS) return
  const width = length + 1
  const rows = new Uint8Array((length + edits + 2) * width).fill(edits + 1)
  const path = new Uint16Array(length + edits + 2)
  const letters = new Uint16Array(length)
  for (let j = 0; j < length; j++) letters[j] = word.charCodeAt(j)
  for (let j = 0; j <= Math.min(edits, length); j++) rows[j] = j
  const hasIdeographs = (letters[0] as number) >= FIRST_IDEOGRAPH
  let visits = 0

  /** Fills the row below a letter; the lowest value in it. */
  function fill(depth: number, letter: number): number {
    path[depth] = letter
    const row = depth * width
    const above = row - width
    const from = Math.max(1, depth - edits)
    const to = Math.min(length, depth + edits)
    let lowest = edits + 1
    if (from === 1) {
      rows[row] = Math.min(depth, edits + 1)
      lowest = rows[row] as number
    } else rows[row + from - 1] = edits + 1
    for (let j = from; j <= to; j++) {
      let value = (rows[above + j - 1] as number) + (letters[j - 1] === letter ? 0 : 1)
      const less = (rows[above + j] as number) + 1
      if (less < value) value = less
      const more = (rows[row + j - 1] as number) + 1
      if (more < value) value = more
      if (depth > 1 && j > 1 && letters[j - 2] === letter && letters[j - 1] === path[depth - 1]) {
        const swapped = (rows[above - width + j - 2] as number) + 1
        if (swapped < value) value = swapped
      }
      if (value > edits) value = edits + 1
      rows[row + j] = value
      if (value < lowest) lowest = value
    }
    if (to < length) rows[row + to + 1] = edits + 1
    return lowest
  }

  /** The distance of what lies on the path so far; more than `edits` when it is too short or too long. */
  function distance(depth: number): number {
    return depth >= length - edits && depth <= length + edits ? (rows[depth * width + length] as number) : edits + 1
  }

  function leaf(id: number, depth: number, best: number): void {
    const whole = wordOf(id)
    for (let at = depth; at < whole.length; at++) {
      const letter = whole.charCodeAt(at)
      if (letter >= ZERO && letter <= NINE) return
    }
    let lowest = best
    for (let at = depth; at < whole.length; at++) {
      if (at > length + edits - 1 || fill(at + 1, whole.charCodeAt(at)) >= (prefix ? lowest : edits + 1)) {
        if (!prefix) return
        break
      }
      if (prefix) lowest = Math.min(lowest, distance(at + 1))
    }
    const edit = prefix ? lowest : distance(whole.length)
    if (edit <= edits) found(id, edit)
  }

  function children(node: number, depth: number, best: number): void {
    for (let child = trie.first(node); child !== 0; child = trie.next(child)) {
      if (visits++ > MAX_VISITS) return
      const letter = trie.letter(child)
      if (letter === END) {
        const edit = prefix ? best : distance(depth)
        if (edit <= edits) found(trie.leaf(child), edit)
        continue
      }
      if (letter >= ZERO && letter <= NINE) continue
      if (depth === 0 && letter >= FIRST_IDEOGRAPH !== hasIdeographs) continue
      // Nothing further down can be nearer than what a beginning already is.
      let reached = best
      let isOpen = false
      if (depth < length + edits) {
        const lowest = fill(depth + 1, letter)
        isOpen = prefix ? lowest < best : lowest <= edits
        if (prefix && isOpen) reached = Math.min(best, distance(depth + 1))
      }
      if (!isOpen && best > edits) continue
      const id = trie.leaf(child)
      if (id !== -1) {
        if (isOpen) leaf(id, depth + 1, reached)
        else if (!hasDigits(wordOf(id), depth + 1)) found(id, best)
      } else if (isOpen) children(child, depth + 1, reached)
      else collect(child, depth + 1, best)
    }
  }

  /** All words of a branch, each as near as its beginning. */
  function collect(node: number, depth: number, edit: number): void {
    for (let child = trie.first(node); child !== 0; child = trie.next(child)) {
      if (visits++ > MAX_VISITS) return
      const letter = trie.letter(child)
      if (letter >= ZERO && letter <= NINE) continue
      const id = trie.leaf(child)
      if (id === -1) collect(child, depth + 1, edit)
      else if (letter === END || !hasDigits(wordOf(id), depth + 1)) found(id, edit)
    }
  }

  children(trie.root, 0, prefix ? distance(0) : edits + 1)
}

function hasDigits(word: string, from: number): boolean {
  for (let at = from; at < word.length; at++) {
    const letter = word.charCodeAt(at)
    if (letter >= ZERO && letter <= NINE) return true
  }
  return false
}
