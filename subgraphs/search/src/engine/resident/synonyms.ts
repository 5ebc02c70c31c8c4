import { wordsOf } from '../../analysis/words.ts'
import { BOUNDS, type Synonym } from '../port.ts'
import type { SynonymMap } from './slots.ts'

/** Synonyms by what is typed: the words, joined by spaces, and what else is looked for then. Those without a word are left out. */
export function synonymMapOf(synonyms: readonly Synonym[]): SynonymMap {
  const map = new Map<string, string[][]>()
  for (const { terms, replacements } of synonyms.slice(0, BOUNDS.synonyms)) {
    const from = surfacesOf(terms)
    const to = replacements ? surfacesOf(replacements) : from
    for (const words of from) {
      const key = words.join(' ')
      const others = to.filter((other) => other.join(' ') !== key)
      if (others.length > 0) map.set(key, [...(map.get(key) ?? []), ...others])
    }
  }
  return map
}

function surfacesOf(texts: readonly string[]): string[][] {
  return texts.map((text) => wordsOf(text).map(({ surface }) => surface)).filter((words) => words.length > 0)
}
