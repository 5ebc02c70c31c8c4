import type { Language } from '../../analysis/language.ts'
import { wordsOf } from '../../analysis/words.ts'
import type { Completion, Completions } from '../port.ts'
import { begins, partsOf } from '../resident/suggest.ts'

/** What a completion is made of: the best products that match what was typed. */
export interface Suggested {
  id: string
  title: string
  brand: string | null
  categories: readonly { slug: string; name: string }[]
}

/** Products that are looked at. */
export const LOOKED_AT = 100
const MAX_PHRASE = 4
const NUMBER = /^[0-9.]+$/

/** Completions of what a shopper is typing, out of these products, the best first. */
export function completionsOf(
  prefix: string,
  best: readonly Suggested[],
  limit: number,
  { isStopWord }: Language,
): Completions {
  const typed = wordsOf(prefix).map(({ surface }) => surface)
  const complete = (text: string, id: string | null = null): Completion => ({ text, id, parts: partsOf(text, typed) })
  const categories = new Map(best.flatMap((one) => one.categories).map(({ slug, name }) => [slug, name]))
  const frequentCategories = byFrequency(best.map((one) => one.categories.map(({ slug }) => slug)))
  const brands = byFrequency(best.map(({ brand }) => (brand === null ? [] : [brand])))
  return {
    queries: byFrequency(best.map(({ title }) => runsOf(title, typed, isStopWord)))
      .slice(0, limit)
      .map((text) => complete(text)),
    categories: frequentCategories
      .filter((slug) => begins(categories.get(slug) ?? '', typed))
      .slice(0, limit)
      .map((slug) => complete(categories.get(slug) ?? '', slug)),
    brands: brands
      .filter((brand) => begins(brand, typed))
      .slice(0, limit)
      .map((brand) => complete(brand)),
    products: best.slice(0, limit).map(({ id, title }) => complete(title, id)),
  }
}

/** The typed words but the last, followed by words of the title in a row that begin with the last one. */
function runsOf(title: string, typed: readonly string[], isStopWord: Language['isStopWord']): string[] {
  const words = wordsOf(title).map(({ surface }) => surface)
  const before = typed.slice(0, -1)
  const last = typed.at(-1) ?? ''
  const runs = new Set<string>()
  for (const [at, word] of words.entries()) {
    if (!word.startsWith(last)) continue
    for (let end = at + 1; end <= Math.min(words.length, at + MAX_PHRASE); end++) {
      const run = words.slice(at, end)
      const final = run.at(-1) as string
      if (isStopWord(final) || NUMBER.test(final) || before.some((one) => run.includes(one))) continue
      runs.add([...before, ...run].join(' '))
    }
  }
  return [...runs]
}

/** Distinct values, the most frequent first. */
function byFrequency(lists: readonly (readonly string[])[]): string[] {
  const counts = new Map<string, number>()
  for (const value of lists.flat()) counts.set(value, (counts.get(value) ?? 0) + 1)
  return [...counts].sort(([a, x], [b, y]) => y - x || a.length - b.length || (a < b ? -1 : 1)).map(([value]) => value)
}
