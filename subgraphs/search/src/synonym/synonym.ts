import { wordsOf } from '../analysis/words.ts'
import { isPlain } from '../discovery/text.ts'
import { BOUNDS, type Synonym } from '../engine/port.ts'

/** A synonym that staff keep; see schema.graphql. */
export interface StoredSynonym {
  code: string
  terms: readonly string[]
  /** Null: both ways. */
  replacements: readonly string[] | null
  version: number
}

export interface SynonymWish {
  code: string
  terms: readonly string[]
  replacements?: readonly string[] | null
  expectedVersion?: number | null
}

export type SynonymCode = 'INVALID_CODE' | 'INVALID_TERM' | 'TOO_MANY_SYNONYMS' | 'VERSION_CONFLICT'

export interface Refusal<Code extends string> {
  code: Code
  field: string[]
  message: string
}

export const MAX_SYNONYMS = BOUNDS.synonyms
const [MAX_TERMS, MAX_TERM_WORDS, MAX_TERM_CHARACTERS] = [20, 5, 100]

/** A name that staff give to a rule or synonym. */
export function isCode(code: string): boolean {
  return /^[A-Za-z0-9_-]{1,50}$/.test(code)
}

/** What is wrong with a code; shared by rules and synonyms. */
export function refuseCode(code: string): Refusal<'INVALID_CODE'> | null {
  if (isCode(code)) return null
  const message = `A code is 1 to 50 letters, digits, "-" and "_", got "${code.slice(0, 60)}".`
  return { code: 'INVALID_CODE', field: ['code'], message }
}

/** What is wrong with a wanted synonym, whatever there is already. */
export function refuseSynonym({ code, terms, replacements }: SynonymWish): Refusal<SynonymCode> | null {
  return (
    refuseCode(code) ??
    refuseTerms('terms', terms, replacements ? 1 : 2, []) ??
    (replacements ? refuseTerms('replacements', replacements, 1, terms) : null)
  )
}

function refuseTerms(
  list: string,
  terms: readonly string[],
  least: number,
  others: readonly string[],
): Refusal<'INVALID_TERM'> | null {
  const refused = (message: string, at?: number): Refusal<'INVALID_TERM'> => ({
    code: 'INVALID_TERM',
    field: at === undefined ? [list] : [list, String(at)],
    message,
  })
  if (terms.length < least || terms.length > MAX_TERMS) {
    return refused(`There are ${least} to ${MAX_TERMS} ${list}, got ${terms.length}.`)
  }
  const seen = new Set(others.map(foldedTerm))
  for (const [at, term] of terms.entries()) {
    const words = wordsOf(term).length
    const shown = term.slice(0, MAX_TERM_CHARACTERS)
    if (term.length > MAX_TERM_CHARACTERS) {
      return refused(`A term has at most ${MAX_TERM_CHARACTERS} characters, "${shown}…" has ${term.length}.`, at)
    }
    if (!isPlain(term)) return refused('A term has no control characters.', at)
    if (words === 0) return refused(`"${shown}" has no letter or digit.`, at)
    if (words > MAX_TERM_WORDS)
      return refused(`A term has at most ${MAX_TERM_WORDS} words, "${shown}" has ${words}.`, at)
    const folded = foldedTerm(term)
    if (seen.has(folded)) return refused(`"${shown}" stands there twice.`, at)
    seen.add(folded)
  }
  return null
}

function foldedTerm(term: string): string {
  return wordsOf(term)
    .map(({ surface }) => surface)
    .join(' ')
}

/** Whether nothing would change. */
export function isSameSynonym(known: StoredSynonym, { terms, replacements }: SynonymWish): boolean {
  return JSON.stringify([known.terms, known.replacements]) === JSON.stringify([terms, replacements ?? null])
}

/** As an engine takes it. */
export function engineSynonym({ terms, replacements }: StoredSynonym): Synonym {
  return { terms, replacements }
}
