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

export interface Walk {
  trie: Trie
  letterAt(id: number, depth: number): number
  /** Where the walk begins: a node and how many letters lie above it; the pattern is compared with what follows. */
  from: { node: number; depth: number }
  pattern: string
  edits: number
  /** Among the first `firstLetters` letters of the pattern at most so many edits: the top of the trie is wide, and this is what makes two edits cheap. */
  first: { letters: number; edits: number } | null
  /** A beginning of the word may be that near; each word is then as near as its nearest beginning. */
  prefix: boolean
}

/** At most so many nodes are visited. Only beginnings of few letters come near it: there is no end of words that continue them. */
const MAX_VISITS = 60_000
const FIRST_IDEOGRAPH = 0x2e80
const [ZERO, NINE] = [48, 57]

/** Calls `found` for each word without digits (below `from`) at distance 0..edits, each once, in no order. */
export function walkNear(walk: Walk, found: (id: number, edits: number) => void): void {
  const { trie, letterAt, pattern, edits, prefix, from } = walk
  const length = pattern.length
  const width = length + 1
  const none = edits + 1
  const deepest = length + edits
  const rows = new Uint8Array((deepest + 1) * width).fill(none)
  const path = new Uint16Array(deepest + 1)
  const letters = new Uint16Array(length)
  const limits = new Uint8Array(width).fill(edits)
  if (walk.first) limits.fill(walk.first.edits, 0, Math.min(width, walk.first.letters + 1))
  for (let j = 0; j < length; j++) letters[j] = pattern.charCodeAt(j)
  for (let j = 0; j <= length && j <= (limits[j] as number); j++) rows[j] = j
  const hasIdeographs = pattern.charCodeAt(0) >= FIRST_IDEOGRAPH
  let visits = 0

  /** Fills the row below a letter; the lowest value in it. */
  function fill(depth: number, letter: number): number {
    path[depth] = letter
    const row = depth * width
    const above = row - width
    const begin = Math.max(1, depth - edits)
    const end = Math.min(length, depth + edits)
    let lowest = none
    if (begin === 1) {
      lowest = depth <= (limits[0] as number) ? depth : none
      rows[row] = lowest
    } else rows[row + begin - 1] = none
    for (let j = begin; j <= end; j++) {
      let value = (rows[above + j - 1] as number) + (letters[j - 1] === letter ? 0 : 1)
      const less = (rows[above + j] as number) + 1
      if (less < value) value = less
      const more = (rows[row + j - 1] as number) + 1
      if (more < value) value = more
      if (depth > 1 && j > 1 && letters[j - 2] === letter && letters[j - 1] === path[depth - 1]) {
        const swapped = (rows[above - width + j - 2] as number) + 1
        if (swapped < value) value = swapped
      }
      if (value > (limits[j] as number)) value = none
      rows[row + j] = value
      if (value < lowest) lowest = value
    }
    if (end < length) rows[row + end + 1] = none
    return lowest
  }

  /** The distance of what lies on the path so far; `none` when it is too short or too long. */
  function distance(depth: number): number {
    return depth >= length - edits && depth <= deepest ? (rows[depth * width + length] as number) : none
  }

  /** A word whose letters from `depth` on are not in the trie. */
  function leaf(id: number, depth: number, isOpen: boolean, best: number): void {
    let edit = best
    let at = depth
    for (; ; at++) {
      const letter = letterAt(id, from.depth + at)
      if (letter === END) break
      if (letter >= ZERO && letter <= NINE) return
      if (!isOpen) continue
      isOpen = at < deepest && fill(at + 1, letter) < (prefix ? edit : none)
      if (prefix && isOpen) edit = Math.min(edit, distance(at + 1))
      if (!prefix && !isOpen) return
    }
    if (!prefix) edit = distance(at)
    if (edit <= edits) found(id, edit)
  }

  /** `best`: how near a beginning above already is. `isOpen`: a longer beginning could be nearer. */
  function below(node: number, depth: number, isOpen: boolean, best: number): void {
    for (let child = trie.first(node); child !== 0; child = trie.next(child)) {
      if (visits++ > MAX_VISITS) return
      const letter = trie.letter(child)
      const id = trie.leaf(child)
      if (letter === END) {
        const edit = prefix ? best : distance(depth)
        if (edit <= edits) found(id, edit)
        continue
      }
      if (letter >= ZERO && letter <= NINE) continue
      if (depth === 0 && letter >= FIRST_IDEOGRAPH !== hasIdeographs) continue
      const goesOn = isOpen && depth < deepest && fill(depth + 1, letter) < (prefix ? best : none)
      const reached = prefix && goesOn ? Math.min(best, distance(depth + 1)) : best
      if (!goesOn && reached > edits) continue
      if (id === -1) below(child, depth + 1, goesOn, reached)
      else leaf(id, depth + 1, goesOn, reached)
    }
  }

  const own = trie.leaf(from.node)
  const best = prefix ? distance(0) : none
  if (own === -1) below(from.node, 0, true, best)
  else leaf(own, 0, true, best)
}
