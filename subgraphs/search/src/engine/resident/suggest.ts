/*
 * Completions of what a shopper is typing: queries (runs of title words that begin so, as often as they occur in the best products that
 * match), categories, brands and products. All of it is bounded: it looks at 300 products.
 */
import { highlight, type Part } from '../../analysis/highlight.ts'
import { wordsOf } from '../../analysis/words.ts'
import type { Completion, Completions } from '../port.ts'
import type { Products } from './products.ts'
import type { Texts } from './texts.ts'

const MAX_PHRASE = 4
const DIGITS = /^[0-9.]+$/

export interface SuggestInput {
  prefix: string
  limit: number
  /** Products that match it, the best first. */
  best: readonly number[]
  texts: Texts
  products: Products
  isStopWord(word: string): boolean
}

/** How many products are looked at for queries. */
export const LOOKED_AT = 300

export function completionsOf({ prefix, limit, best, texts, products, isStopWord }: SuggestInput): Completions {
  const typed = wordsOf(prefix).map(({ surface }) => surface)
  if (typed.length === 0) return { queries: [], categories: [], brands: [], products: [] }
  const counts = countOf(best, products)
  const complete = (text: string, id: string | null): Completion => ({ text, id, parts: partsOf(text, typed) })
  return {
    queries: queries(typed, best, texts, isStopWord)
      .slice(0, limit)
      .map((text) => complete(text, null)),
    categories: products.categories
      .flatMap((category, number) =>
        begins(category.name, typed) ? [{ category, count: counts.categories.get(number) ?? 0 }] : [],
      )
      .sort((a, b) => b.count - a.count || compare(a.category.name, b.category.name))
      .slice(0, limit)
      .map(({ category }) => complete(category.name, category.slug)),
    brands: products.brands
      .flatMap((brand, number) => (begins(brand, typed) ? [{ brand, count: counts.brands.get(number) ?? 0 }] : []))
      .sort((a, b) => b.count - a.count || compare(a.brand, b.brand))
      .slice(0, limit)
      .map(({ brand }) => complete(brand, null)),
    products: best
      .slice(0, limit)
      .map((product) => complete(products.titles[product] as string, products.ids[product] as string)),
  }
}

function countOf(best: readonly number[], { brand, path, paths }: Products) {
  const brands = new Map<number, number>()
  const categories = new Map<number, number>()
  for (const product of best) {
    const own = brand[product] as number
    brands.set(own, (brands.get(own) ?? 0) + 1)
    for (const one of paths[path[product] as number] ?? []) categories.set(one, (categories.get(one) ?? 0) + 1)
  }
  return { brands, categories }
}

/** The typed words but the last, followed by runs of title words that begin with the last one. */
function queries(
  typed: readonly string[],
  best: readonly number[],
  texts: Texts,
  isStopWord: SuggestInput['isStopWord'],
): string[] {
  const head = typed.slice(0, -1)
  const last = typed.at(-1) as string
  const counts = new Map<string, number>()
  for (const product of best) {
    const words = texts.wordsOfTitle(product).map((word) => texts.vocabulary.wordOf(word))
    const seen = new Set<string>()
    for (const [at, word] of words.entries()) {
      if (!word.startsWith(last)) continue
      for (let end = at + 1; end <= Math.min(words.length, at + MAX_PHRASE); end++) {
        const run = words.slice(at, end)
        const final = run.at(-1) as string
        if (isStopWord(final) || DIGITS.test(final) || head.some((one) => run.includes(one))) continue
        seen.add(run.join(' '))
      }
    }
    for (const run of seen) counts.set(run, (counts.get(run) ?? 0) + 1)
  }
  const runs = [...counts].filter(([run, count]) => count > 1 || !run.includes(' ') || best.length < 20)
  // A longer run says more; one that is nearly as frequent as its beginning is what is meant.
  const value = ([run, count]: [string, number]) => count * (1 + 0.35 * (run.split(' ').length - 1))
  const before = head.length > 0 ? `${head.join(' ')} ` : ''
  return runs.sort((a, b) => value(b) - value(a) || compare(a[0], b[0])).map(([run]) => before + run)
}

/** Each typed word begins a word of the text. */
export function begins(text: string, typed: readonly string[]): boolean {
  const words = wordsOf(text).flatMap(({ surface, also, parts }) => [surface, ...also, ...parts])
  return typed.every((prefix) => words.some((word) => word.startsWith(prefix)))
}

/** What was typed is not highlighted, what completes it is; of a text that was found by something else nothing is. */
export function partsOf(text: string, typed: readonly string[]): Part[] {
  const last = typed.length - 1
  const letters = (word: string): boolean | number => {
    const found = typed.findIndex((one, n) => (n === last ? word.startsWith(one) : word === one))
    return found < 0 ? false : (typed[found] as string).length
  }
  const parts = highlight(text, letters)
  if (!parts.some(({ highlighted }) => highlighted)) return parts
  return parts.map((part) => ({ ...part, highlighted: !part.highlighted }))
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
