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

/** How much a product may hold. An event carries a product whole, and NATS takes messages of at most 1 MB. */
export const LIMITS = {
  title: 300,
  description: 20_000,
  brand: 100,
  sku: 100,
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
    wish.variants.length > LIMITS.variants
      ? problem(['variants'], `at most ${LIMITS.variants} variants`, wish.variants.length)
      : null,
    ...wish.variants.flatMap((variant, i) => variantProblems(['variants', String(i)], variant)),
    ...twice(
      ['variants'],
      wish.variants.map(({ sku }) => sku),
    ),
  ].filter((found) => found !== null)
}

function variantProblems(path: string[], variant: VariantWish): (Problem | null)[] {
  const price = variant.price && readPrice([...path, 'price'], variant.price)
  return [
    check([...path, 'sku'], variant.sku, LIMITS.sku),
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
  const depth = path.length >= 1 && path.length <= LIMITS.categoryDepth
  const long = path.join('').length > LIMITS.categoryPath // it is the key of an index
  return [
    depth ? null : problem(['categoryPath'], `1 to ${LIMITS.categoryDepth} names`, `${path.length} names`),
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
  return [
    pairs.length > max ? problem(path, `at most ${max}`, pairs.length) : null,
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
  return [
    media.length > LIMITS.media ? problem(path, `at most ${LIMITS.media} pictures`, media.length) : null,
    ...media.flatMap(({ url, alt }, i) => [
      isWebAddress(url) ? null : problem([...path, String(i), 'url'], 'an http or https address', url),
      check([...path, String(i), 'alt'], alt, LIMITS.title),
    ]),
  ]
}

/** Whether this is an http or https address of at most 2,000 characters. */
export function isWebAddress(url: string): boolean {
  if (url.length > LIMITS.url || !isCleanText(url) || !URL.canParse(url)) return false
  return ['http:', 'https:'].includes(new URL(url).protocol)
}

function check(path: string[], text: string | null | undefined, max: number): Problem | null {
  return text == null ? null : textProblem(path, text, max)
}

function twice(path: string[], names: readonly string[]): Problem[] {
  const repeated = names.find((name, i) => names.indexOf(name) !== i)
  return repeated === undefined ? [] : [problem(path, 'each name once', repeated)]
}
