import { isSku, MAX_SKU } from '@commerce/service/sku.ts'
import { type PriceWish, readPrice } from '../price/price.ts'
import type { Media, Named } from './parts.ts'
import { isCleanText, type Problem, problem, textProblem } from './text.ts'

/** A product as somebody wants it; what is undefined stays as it is. */
export interface ProductWish {
  title?: string
  description?: string | null
  brand?: string | null
  /** Names from the root down; null takes it out of its category. */
  categoryPath?: readonly string[] | null
  media?: readonly Media[]
  attributes?: readonly Named[]
  popularity?: number
  variants: readonly VariantWish[]
}

/** A variant as somebody wants it, found by its SKU; what is undefined stays as it is. */
export interface VariantWish {
  sku: string
  options?: readonly Named[]
  media?: readonly Media[]
  /** Null takes the price away. */
  price?: PriceWish | null
  gtin?: string | null
  mpn?: string | null
  condition?: string | null
}

/**
 * How much each part of a product may hold. All of them at their limits are more than the event can carry that has the product
 * whole: `transact` refuses such a change with `EventTooLarge`.
 */
export const LIMITS = {
  title: 300,
  description: 20_000,
  brand: 100,
  sku: MAX_SKU,
  name: 100,
  value: 500,
  url: 2_000,
  code: 100,
  categoryDepth: 8,
  categoryPath: 500,
  attributes: 100,
  options: 5,
  media: 20,
  /** Of one product, over its whole life. */
  variants: 200,
} as const

/** Everything that is wrong with a wish, each with its path; empty when it can be carried out. */
export function wishProblems(wish: ProductWish): Problem[] {
  return [
    check(['title'], wish.title, LIMITS.title),
    check(['description'], wish.description, LIMITS.description),
    check(['brand'], wish.brand, LIMITS.brand),
    ...categoryProblems(wish.categoryPath),
    (wish.popularity ?? 0) < 0 ? problem(['popularity'], 'a number of 0 or more', wish.popularity) : null,
    ...mediaProblems(['media'], wish.media),
    ...namedProblems(['attributes'], wish.attributes, LIMITS.attributes, LIMITS.value),
    ...variantsProblems(['variants'], wish.variants),
  ].filter((found) => found !== null)
}

// A list that is too long is not looked into: what it costs to refuse does not grow with it.
function variantsProblems(path: string[], variants: readonly VariantWish[]): (Problem | null)[] {
  if (variants.length > LIMITS.variants) return [problem(path, `at most ${LIMITS.variants} variants`, variants.length)]
  return [
    ...variants.flatMap((variant, i) => variantProblems([...path, String(i)], variant)),
    ...twice(
      path,
      variants.map(({ sku }) => sku),
    ),
  ]
}

function variantProblems(path: string[], variant: VariantWish): (Problem | null)[] {
  const price = variant.price && readPrice([...path, 'price'], variant.price)
  return [
    skuProblem([...path, 'sku'], variant.sku),
    ...namedProblems([...path, 'options'], variant.options, LIMITS.options, LIMITS.name),
    ...mediaProblems([...path, 'media'], variant.media),
    check([...path, 'gtin'], variant.gtin, LIMITS.code),
    check([...path, 'mpn'], variant.mpn, LIMITS.code),
    check([...path, 'condition'], variant.condition, LIMITS.code),
    price && 'path' in price ? price : null,
  ]
}

function categoryProblems(path: readonly string[] | null | undefined): (Problem | null)[] {
  if (path == null) return []
  if (path.length < 1 || path.length > LIMITS.categoryDepth) {
    return [problem(['categoryPath'], `1 to ${LIMITS.categoryDepth} names`, `${path.length} names`)]
  }
  const long = path.join('').length > LIMITS.categoryPath // it is the key of an index
  return [
    long ? problem(['categoryPath'], `at most ${LIMITS.categoryPath} characters in all`, path.join(' > ')) : null,
    ...path.map((name, i) => textProblem(['categoryPath', String(i)], name, LIMITS.name)),
  ]
}

function namedProblems(
  path: string[],
  pairs: readonly Named[] | undefined,
  max: number,
  longest: number,
): (Problem | null)[] {
  if (!pairs) return []
  if (pairs.length > max) return [problem(path, `at most ${max}`, pairs.length)]
  return [
    ...pairs.flatMap(({ name, value }, i) => [
      textProblem([...path, String(i), 'name'], name, LIMITS.name),
      textProblem([...path, String(i), 'value'], value, longest),
    ]),
    ...twice(
      path,
      pairs.map(({ name }) => name),
    ),
  ]
}

function mediaProblems(path: string[], media: readonly Media[] | undefined): (Problem | null)[] {
  if (!media) return []
  if (media.length > LIMITS.media) return [problem(path, `at most ${LIMITS.media} pictures`, media.length)]
  return media.flatMap(({ url, alt }, i) => [
    isWebAddress(url) ? null : problem([...path, String(i), 'url'], 'an http or https address', url),
    check([...path, String(i), 'alt'], alt, LIMITS.title),
  ])
}

/** Whether this is an http or https address of at most 2,000 characters. */
export function isWebAddress(url: string): boolean {
  if (url.length > LIMITS.url || !isCleanText(url) || !URL.canParse(url)) return false
  return ['http:', 'https:'].includes(new URL(url).protocol)
}

/** What is wrong with a SKU; null when nothing is. */
export function skuProblem(path: readonly string[], sku: string): Problem | null {
  const form = `1 to ${MAX_SKU} characters, none of them a control character, no white space at the ends`
  return isSku(sku) ? null : problem(path, form, sku)
}

function check(path: string[], text: string | null | undefined, max: number): Problem | null {
  return text == null ? null : textProblem(path, text, max)
}

function twice(path: string[], names: readonly string[]): Problem[] {
  const seen = new Set<string>()
  const repeated = names.find((name) => seen.size === seen.add(name).size)
  return repeated === undefined ? [] : [problem(path, 'each name once', repeated)]
}
