import { wordsOf } from '../analysis/words.ts'
import { BOUNDS, type Rules } from '../engine/port.ts'
import { filtersFrom } from '../search/filters.ts'
import type { Rule } from './rule.ts'

/** Rules made ready to be asked for each search, the one that goes first in front. */
export type RuleBook = readonly Prepared[]

interface Prepared {
  rule: Rule
  /** Of each query: its words, as they are compared. */
  queries: readonly (readonly string[])[]
  slugs: ReadonlySet<string>
  boosts: Rules['boosts']
}

/** By priority, then by code. */
export function ruleBook(rules: readonly Rule[], shopCurrency: string): RuleBook {
  return [...rules]
    .filter(({ active }) => active)
    .sort((a, b) => b.priority - a.priority || (a.code < b.code ? -1 : 1))
    .map((rule) => ({
      rule,
      queries: rule.queries.map(foldedWords),
      slugs: new Set(rule.categorySlugs),
      boosts: rule.boosts.map(({ filters, productIds, factor }) => ({
        filters: filters ? filtersFrom(filters, shopCurrency) : {},
        ...(productIds.length > 0 ? { productIds } : {}),
        factor,
      })),
    }))
}

/** The rules that apply to a search, the first first. */
export function applying(
  book: RuleBook,
  { query, categorySlugs, now }: { query: string; categorySlugs: readonly string[]; now: number },
): Prepared[] {
  const due = book.filter(
    ({ rule }) => (rule.from?.getTime() ?? 0) <= now && now < (rule.until?.getTime() ?? Number.POSITIVE_INFINITY),
  )
  if (due.length === 0) return []
  const words = foldedWords(query.slice(0, BOUNDS.queryCharacters))
  return due.filter(
    ({ rule, queries, slugs }) =>
      (slugs.size === 0 || categorySlugs.some((slug) => slugs.has(slug))) &&
      (queries.length === 0 || queries.some((wanted) => matches(words, wanted, rule.match))),
  )
}

function foldedWords(text: string): string[] {
  return wordsOf(text).map(({ surface }) => surface)
}

function matches(words: readonly string[], wanted: readonly string[], how: Rule['match']): boolean {
  if (how === 'CONTAINS') return wanted.every((word) => words.includes(word))
  return words.length === wanted.length && words.every((word, at) => word === wanted[at])
}

/** What an engine is told, and where shoppers are sent. What the first rule says about a product counts. */
export function combined(applied: readonly Prepared[]): { rules: Rules; redirect: string | null } {
  const said = new Set<string>()
  const unsaid = (ids: readonly string[]): string[] => ids.filter((id) => !said.has(id))
  const pins: string[] = []
  const buried: string[] = []
  for (const { rule } of applied) {
    const own = { pins: unsaid(rule.pins), buried: unsaid(rule.buried) }
    pins.push(...own.pins)
    buried.push(...own.buried)
    for (const id of [...own.pins, ...own.buried]) said.add(id)
  }
  return {
    rules: {
      pins: pins.slice(0, BOUNDS.pins),
      buried: buried.slice(0, BOUNDS.pins),
      boosts: applied.flatMap(({ boosts }) => boosts).slice(0, BOUNDS.listValues),
    },
    redirect: applied.find(({ rule }) => rule.redirect)?.rule.redirect ?? null,
  }
}
