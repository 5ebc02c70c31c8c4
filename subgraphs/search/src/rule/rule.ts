// Above the usual length because it says what each part of a rule may be.
import { uuidFrom } from '@commerce/service/ids.ts'
import { wordsOf } from '../analysis/words.ts'
import { isPlain } from '../discovery/text.ts'
import { BOUNDS } from '../engine/port.ts'
import { type FiltersArgument, filtersFrom, InputError } from '../search/filters.ts'
import { type Refusal, refuseCode } from '../synonym/synonym.ts'

export type RuleMatch = 'EXACT' | 'CONTAINS'

/** Products that are lifted or lowered: those that fulfil `filters`, or those named. */
export interface StoredBoost {
  filters: FiltersArgument | null
  productIds: readonly string[]
  factor: number
}

/** A merchandising rule; see schema.graphql. Products by their uuids. */
export interface Rule {
  code: string
  note: string | null
  queries: readonly string[]
  match: RuleMatch
  categorySlugs: readonly string[]
  pins: readonly string[]
  buried: readonly string[]
  boosts: readonly StoredBoost[]
  redirect: string | null
  priority: number
  from: Date | null
  until: Date | null
  active: boolean
  version: number
}

/** The input of `searchRuleSet`, products by their global ids. */
export interface RuleWish {
  code: string
  note?: string | null
  queries: readonly string[]
  match: RuleMatch
  categorySlugs: readonly string[]
  pins: readonly string[]
  buried: readonly string[]
  boosts: readonly { filters?: FiltersArgument | null; productIds?: readonly string[] | null; factor: number }[]
  redirect?: string | null
  priority: number
  from?: Date | null
  until?: Date | null
  active: boolean
  expectedVersion?: number | null
}

export type RuleCode =
  | 'INVALID_CODE'
  | 'INVALID_NOTE'
  | 'INVALID_QUERY'
  | 'INVALID_CATEGORY'
  | 'INVALID_PRODUCT'
  | 'INVALID_BOOST'
  | 'INVALID_REDIRECT'
  | 'INVALID_PRIORITY'
  | 'INVALID_PERIOD'
  | 'NO_EFFECT'
  | 'TOO_MANY_RULES'
  | 'VERSION_CONFLICT'

export type RuleRefusal = Refusal<RuleCode>

export const MAX_RULES = 1_000
const MAX_LIST = BOUNDS.listValues
const MAX_BOOSTS = 10
const MAX_NOTE = 500
const MAX_TEXT = 200
const MAX_REDIRECT = 500
const MAX_PRIORITY = 1_000
const FACTORS = { min: 0.1, max: 10 }

/** The rule as it is stored, but for its version; or what is wrong with it. */
export function ruleFrom(
  wish: RuleWish,
  shopCurrency: string,
): { rule: Omit<Rule, 'version'> } | { refusal: RuleRefusal } {
  const refusal =
    refuseCode(wish.code) ??
    refuseNote(wish.note) ??
    refuseTexts(
      'queries',
      'INVALID_QUERY',
      wish.queries,
      isQuery,
      'has 1 to 200 characters, a letter or digit among them',
    ) ??
    refuseTexts('categorySlugs', 'INVALID_CATEGORY', wish.categorySlugs, isSlug, 'has 1 to 200 characters') ??
    refuseProducts(wish) ??
    refuseBoosts(wish.boosts, shopCurrency) ??
    refuseRedirect(wish) ??
    refuseRest(wish)
  if (refusal) return { refusal }
  const { code, note, queries, match, categorySlugs, pins, buried, boosts, redirect, priority, from, until, active } =
    wish
  const rule = {
    code,
    note: note || null,
    queries,
    match,
    categorySlugs,
    pins: uuidsOf(pins),
    buried: uuidsOf(buried),
    boosts: boosts.map(({ filters = null, productIds, factor }) => ({
      filters,
      productIds: uuidsOf(productIds ?? []),
      factor,
    })),
    redirect: redirect || null,
    priority,
    from: from ?? null,
    until: until ?? null,
    active,
  }
  return { rule }
}

function refused(code: RuleCode, field: string[], message: string): RuleRefusal {
  return { code, field, message }
}

function refuseNote(note: string | null | undefined): RuleRefusal | null {
  if (!note || (note.length <= MAX_NOTE && isPlain(note.replaceAll('\n', ' ')))) return null
  return refused(
    'INVALID_NOTE',
    ['note'],
    `A note has up to ${MAX_NOTE} characters and no control characters, got ${note.length}.`,
  )
}

function refuseTexts(
  list: string,
  code: RuleCode,
  texts: readonly string[],
  isFine: (text: string) => boolean,
  expected: string,
): RuleRefusal | null {
  if (texts.length > MAX_LIST)
    return refused(code, [list], `${list} has ${texts.length} entries, at most ${MAX_LIST} are allowed.`)
  const at = texts.findIndex((text) => !isFine(text))
  if (at < 0) return null
  return refused(
    code,
    [list, String(at)],
    `Each of ${list} ${expected}, got "${(texts[at] as string).slice(0, MAX_TEXT)}".`,
  )
}

function isQuery(text: string): boolean {
  return text.length <= MAX_TEXT && isPlain(text) && wordsOf(text).length > 0
}

function isSlug(text: string): boolean {
  return text.length > 0 && text.length <= MAX_TEXT && isPlain(text)
}

function refuseProducts({ pins, buried }: RuleWish): RuleRefusal | null {
  const seen = new Set<string>()
  for (const [list, ids] of [
    ['pins', pins],
    ['buried', buried],
  ] as const) {
    if (ids.length > MAX_LIST) {
      return refused('INVALID_PRODUCT', [list], `${list} has ${ids.length} entries, at most ${MAX_LIST} are allowed.`)
    }
    for (const [at, id] of ids.entries()) {
      const field = [list, String(at)]
      if (!uuidFrom(id, 'Product')) return refused('INVALID_PRODUCT', field, notProduct(id))
      if (seen.has(id)) return refused('INVALID_PRODUCT', field, `"${id}" stands there twice.`)
      seen.add(id)
    }
  }
  return null
}

function notProduct(id: string): string {
  return `"${id.slice(0, 100)}" is not the id of a product.`
}

function refuseBoosts(boosts: RuleWish['boosts'], shopCurrency: string): RuleRefusal | null {
  if (boosts.length > MAX_BOOSTS) {
    return refused(
      'INVALID_BOOST',
      ['boosts'],
      `boosts has ${boosts.length} entries, at most ${MAX_BOOSTS} are allowed.`,
    )
  }
  for (const [at, { filters, productIds, factor }] of boosts.entries()) {
    const wrong = (field: string[], message: string) =>
      refused('INVALID_BOOST', ['boosts', String(at), ...field], message)
    const named = productIds ?? []
    if ((filters == null) === (named.length === 0))
      return wrong([], 'A boost has `filters` or `productIds`, one of them.')
    if (!(factor >= FACTORS.min && factor <= FACTORS.max)) {
      return wrong(['factor'], `A factor is ${FACTORS.min} to ${FACTORS.max}, got ${factor}.`)
    }
    if (named.length > MAX_LIST) {
      return wrong(['productIds'], `productIds has ${named.length} entries, at most ${MAX_LIST} are allowed.`)
    }
    const unknown = named.find((id) => !uuidFrom(id, 'Product'))
    if (unknown !== undefined) return wrong(['productIds'], notProduct(unknown))
    const texts = [
      filters?.brands,
      filters?.categorySlugs,
      filters?.attributes?.flatMap(({ name, values }) => [name, ...values]),
    ]
    if (!texts.every((list) => (list ?? []).every(isPlain)))
      return wrong(['filters'], 'Filters have no control characters.')
    try {
      filtersFrom(filters, shopCurrency)
    } catch (error) {
      if (error instanceof InputError) return wrong(['filters'], error.message)
      throw error
    }
  }
  return null
}

function refuseRedirect({ redirect, queries }: RuleWish): RuleRefusal | null {
  if (!redirect) return null
  const wrong = (message: string) => refused('INVALID_REDIRECT', ['redirect'], message)
  if (queries.length === 0) return wrong('A redirect needs `queries`: who only looks around is not sent away.')
  if (redirect.length <= MAX_REDIRECT && isPlain(redirect) && isRedirect(redirect)) return null
  return wrong(
    `A redirect is a path of the shop ("/sale") or an https address, up to ${MAX_REDIRECT} characters, got "${redirect.slice(0, 100)}".`,
  )
}

/** Neither "//elsewhere" nor "/\elsewhere", which browsers take for an address of another site. */
function isRedirect(text: string): boolean {
  if (/^\/(?![/\\])[^\s\\]*$/.test(text)) return true
  return /^https:\/\/[^\s\\]+$/.test(text) && URL.canParse(text)
}

function refuseRest({ priority, from, until, pins, buried, boosts, redirect }: RuleWish): RuleRefusal | null {
  if (Math.abs(priority) > MAX_PRIORITY) {
    return refused(
      'INVALID_PRIORITY',
      ['priority'],
      `A priority is -${MAX_PRIORITY} to ${MAX_PRIORITY}, got ${priority}.`,
    )
  }
  if (from && until && until <= from) {
    return refused(
      'INVALID_PERIOD',
      ['until'],
      `\`until\` (${until.toISOString()}) is not later than \`from\` (${from.toISOString()}).`,
    )
  }
  if (pins.length + buried.length + boosts.length > 0 || redirect) return null
  return refused('NO_EFFECT', [], 'The rule neither pins, buries, boosts nor redirects.')
}

function uuidsOf(ids: readonly string[]): string[] {
  return ids.map((id) => uuidFrom(id, 'Product') as string)
}

/** Whether nothing would change. */
export function isSameRule(known: Omit<Rule, 'version'>, wanted: Omit<Rule, 'version'>): boolean {
  const keys = Object.keys(wanted) as (keyof typeof wanted)[]
  return keys.every((key) => JSON.stringify(sorted(known[key])) === JSON.stringify(sorted(wanted[key])))
}

/** The same with the fields of objects in order: the database keeps them in an order of its own. */
function sorted(value: unknown): unknown {
  if (value instanceof Date || value === null || typeof value !== 'object') return value
  if (Array.isArray(value)) return value.map(sorted)
  const entries = Object.entries(value).filter(([, one]) => one !== undefined)
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, one]) => [key, sorted(one)]))
}
