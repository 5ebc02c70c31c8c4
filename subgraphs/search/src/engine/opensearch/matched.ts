import type { Language } from '../../analysis/language.ts'
import type { ParsedQuery } from '../../analysis/query.ts'
import { wordsOf } from '../../analysis/words.ts'
import { createVocabulary } from '../resident/vocabulary.ts'

const MOST = 100

/** The words of these texts that a query matches, folded: OpenSearch says that a word matched, not which one. */
export function matchedWords(
  texts: readonly string[],
  parsed: ParsedQuery,
  others: readonly string[],
  language: Language,
): string[] {
  const vocabulary = createVocabulary(language.stemOf, () => 1)
  for (const { surface, also, parts } of texts.flatMap((text) => wordsOf(text))) {
    for (const word of [surface, ...also, ...parts]) vocabulary.add(word)
  }
  const found = new Set<number>()
  for (const { surface, alternatives, isPrefix, typos } of parsed.words) {
    const ids = [
      vocabulary.idOf(surface),
      ...vocabulary.withStem(language.stemOf(surface)),
      ...alternatives.flat().map((word) => vocabulary.idOf(word)),
      ...(isPrefix ? vocabulary.withPrefix(surface, MOST) : []),
    ].filter((id) => id !== undefined)
    const near =
      ids.length === 0 && typos > 0 ? vocabulary.near(surface, typos as 1 | 2, false).map(({ id }) => id) : []
    for (const id of [...ids, ...near]) found.add(id)
  }
  for (const word of others) {
    const id = vocabulary.idOf(word)
    if (id !== undefined) found.add(id)
  }
  return [...found].map((id) => vocabulary.wordOf(id))
}
