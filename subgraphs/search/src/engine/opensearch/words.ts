import type { Language } from '../../analysis/language.ts'
import type { ParsedQuery, QueryWord } from '../../analysis/query.ts'
import { WEIGHTS } from '../resident/weights.ts'
import { anyOf, type Query } from './filters.ts'

/** How much of a query a product must have. */
export interface Demand {
  /** Words that may be missing. */
  missing: number
  /** Whether words near the asked ones count. */
  typos: boolean
}

export interface WordsInput {
  language: Language
  /** What else may stand for words in a row, by these words joined by spaces. */
  synonyms: ReadonlyMap<string, readonly (readonly string[])[]>
}

const { fields, forms } = WEIGHTS
const FIELDS = {
  titleText: fields.title,
  brandText: fields.brand,
  categoryText: fields.category,
  attributeText: fields.attribute,
  descriptionText: fields.description,
}
const WORDS = Object.entries(FIELDS).map(([field, weight]) => `${field}.words^${weight}`)
const STEMS = Object.entries(FIELDS).map(([field, weight]) => `${field}.stems^${weight}`)
const MAX_EXPANSIONS = 50
const TIE = 0.3
const LONGEST_SYNONYM = 4

/** The words of a query as one that scores: each of them once, in the form that counts most. Stop words may always be missing. */
export function wordsQuery(parsed: ParsedQuery, { missing, typos }: Demand, input: WordsInput): Query {
  const isOnlyStopWords = parsed.words.every(({ isStopWord }) => isStopWord)
  const clauses = parsed.words.map((word, n) => ({
    isNeeded: isOnlyStopWords || !word.isStopWord,
    query: wordQuery(word, n, typos, parsed, input),
  }))
  const needed = clauses.filter(({ isNeeded }) => isNeeded).map(({ query }) => query)
  const others = clauses.filter(({ isNeeded }) => !isNeeded).map(({ query }) => query)
  return {
    bool: {
      must: [{ bool: { should: needed, minimum_should_match: Math.max(1, needed.length - missing) } }],
      should: others,
      filter: parsed.phrases.filter((phrase) => phrase.length > 1).map(phraseQuery),
    },
  }
}

/** Products that the query excludes. */
export function excludedQueries(parsed: ParsedQuery, language: Language): Query[] {
  return parsed.excluded.map((surfaces) => {
    const [only, ...more] = surfaces
    return more.length > 0
      ? phraseQuery(surfaces)
      : anyOf([matching(only ?? '', WORDS, 1), matching(language.stemOf(only ?? ''), STEMS, 1)])
  })
}

/** How many words must be there, how many not needed: stop words count only when there is nothing else. */
export function neededWords(parsed: ParsedQuery): readonly QueryWord[] {
  const said = parsed.words.filter(({ isStopWord }) => !isStopWord)
  return said.length > 0 ? said : parsed.words
}

function wordQuery(word: QueryWord, n: number, typos: boolean, parsed: ParsedQuery, input: WordsInput): Query {
  const { surface, alternatives, isPrefix } = word
  const queries: Query[] = [matching(surface, WORDS, forms.exact)]
  const inPhrase = parsed.phrases.some((phrase) => phrase.includes(surface)) && word.typos === 0
  if (!inPhrase) {
    queries.push(matching(input.language.stemOf(surface), STEMS, forms.stem))
    for (const words of alternatives) queries.push(allOf(words, forms.written, isPrefix))
    for (const words of synonymsAt(parsed, n, input.synonyms)) queries.push(allOf(words, forms.synonym, false))
    if (isPrefix) queries.push(beginning(surface, forms.prefix))
  }
  if (typos && word.typos > 0) {
    queries.push({
      multi_match: {
        query: surface,
        fields: WORDS,
        fuzziness: word.typos,
        prefix_length: 0,
        max_expansions: MAX_EXPANSIONS,
        fuzzy_transpositions: true,
        boost: forms.typos[1] ?? forms.stem,
      },
    })
  }
  return { dis_max: { queries, tie_breaker: 0, _name: nameOf(n) } }
}

/** The name under which OpenSearch says that a hit has the n-th word. */
export function nameOf(n: number): string {
  return `word ${n}`
}

function matching(word: string, fieldsOf: string[], boost: number): Query {
  return { multi_match: { query: word, fields: fieldsOf, tie_breaker: TIE, boost } }
}

function beginning(word: string, boost: number): Query {
  const queries = Object.entries(FIELDS).map(
    ([field, weight]): Query => ({ prefix: { [`${field}.words`]: { value: word, boost: weight * boost } } }),
  )
  return { dis_max: { queries, tie_breaker: 0 } }
}

function allOf(words: readonly string[], boost: number, isPrefix: boolean): Query {
  const must = words.map((word, n) => {
    const exact = matching(word, WORDS, 1)
    return isPrefix && n === words.length - 1 ? { dis_max: { queries: [exact, beginning(word, forms.prefix)] } } : exact
  })
  return { bool: { must, boost: boost / Math.max(1, words.length) } }
}

function phraseQuery(surfaces: readonly string[]): Query {
  return { match_phrase: { phrases: { query: surfaces.join(' ') } } }
}

/** All that means the same as the words around a place: of "solid state disk" each of the three words may be "ssd". */
function synonymsAt(parsed: ParsedQuery, at: number, synonyms: WordsInput['synonyms']): (readonly string[])[] {
  if (synonyms.size === 0) return []
  const surfaces = parsed.words.map(({ surface }) => surface)
  const found: (readonly string[])[] = []
  for (let from = Math.max(0, at - LONGEST_SYNONYM + 1); from <= at; from++) {
    for (let to = at + 1; to <= Math.min(surfaces.length, from + LONGEST_SYNONYM); to++) {
      found.push(...(synonyms.get(surfaces.slice(from, to).join(' ')) ?? []))
    }
  }
  return found
}
