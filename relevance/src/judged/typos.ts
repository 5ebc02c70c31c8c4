import { pick, type Random } from '@commerce/local/shop/random.ts'

export const EDITS = ['insert', 'delete', 'substitute', 'transpose'] as const
export type Edit = (typeof EDITS)[number]

const LETTERS = 'abcdefghijklmnopqrstuvwxyz'
const TRIES = 20

/** The word with one such mistake that makes it no `isWord`; null when it is shorter than four letters, not of letters only, or none was found. */
export function misspelled(word: string, edit: Edit, random: Random, isWord: (word: string) => boolean): string | null {
  if (!/^[a-z]{4,}$/.test(word)) return null
  for (let n = 0; n < TRIES; n++) {
    const typed = edited(word, edit, random)
    if (typed !== word && !isWord(typed)) return typed
  }
  return null
}

function edited(word: string, edit: Edit, random: Random): string {
  const at = Math.floor(random() * (word.length - (edit === 'transpose' ? 1 : 0)))
  const [before, after] = [word.slice(0, at), word.slice(at)]
  if (edit === 'delete') return before + after.slice(1)
  if (edit === 'transpose') return before + after[1] + after[0] + after.slice(2)
  return before + pick(random, [...LETTERS]) + (edit === 'insert' ? after : after.slice(1))
}

/** The word with two different neighbouring letters swapped, whatever comes of it; as it is when it is shorter than three characters or has none. */
export function swapped(word: string, random: Random): string {
  if (word.length < 3) return word
  const places = [...word].flatMap((letter, n) => {
    const next = word[n + 1]
    return next && next !== letter && /\p{L}\p{L}/u.test(letter + next) ? [n] : []
  })
  if (places.length === 0) return word
  const at = pick(random, places)
  return word.slice(0, at) + word[at + 1] + word[at] + word.slice(at + 2)
}
