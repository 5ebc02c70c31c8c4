/*
 * The engine in process memory: an inverted index with columns for what is filtered, sorted and counted. Long because a search is told here
 * from its request to its answer; how words match, facets count and lists are ordered is in the files beside it.
 */
import { setImmediate } from 'node:timers/promises'
import { languageOf } from '../../analysis/language.ts'
import { type ParsedQuery, parseQuery } from '../../analysis/query.ts'
import { wordsOf } from '../../analysis/words.ts'
import {
  BOUNDS,
  type Changes,
  type Explanation,
  type Hit,
  type SearchAnswer,
  type SearchEngine,
  type SearchRequest,
} from '../port.ts'
import { boostsOf } from './boosts.ts'
import { explain } from './explain.ts'
import { createFacets } from './facets.ts'
import { freshnessAt } from './factors.ts'
import { checksOf } from './filters.ts'
import { createMatcher, type Matched } from './match.ts'
import { createTop, orderBy, type Place, positionOf, type Read, readPosition } from './order.ts'
import { createProducts } from './products.ts'
import type { Reader } from './slots.ts'
import { createSnapshots, SNAPSHOT_SIZE, type Snapshot } from './snapshots.ts'
import { completionsOf, LOOKED_AT } from './suggest.ts'
import { synonymMapOf } from './synonyms.ts'
import { createTexts } from './texts.ts'
import { WEIGHTS } from './weights.ts'

/** The engine with what only it can tell. */
export interface ResidentEngine extends SearchEngine {
  /** Bytes of its arrays; words, titles and ids come on top. */
  bytes(): number
}

/** Searches go on between changes that take longer than this. */
const MAX_BLOCKED_MS = 8
const PINNED = 100

/** An empty engine. `language`: of the products' texts, ISO 639-1; throws a RangeError for one that is not known. */
export function createResidentEngine({ language: code = 'en' }: { language?: string } = {}): ResidentEngine {
  const language = languageOf(code)
  const products = createProducts()
  const texts = createTexts(language)
  const reader: Reader = { texts, language, synonyms: new Map() }
  const matcher = createMatcher(reader)
  const snapshots = createSnapshots()
  const order = orderBy(products.ids)
  let asOf: string | null = null

  async function apply(changes: Changes): Promise<void> {
    let began = performance.now()
    const pause = async (): Promise<void> => {
      if (performance.now() - began < MAX_BLOCKED_MS) return
      await setImmediate()
      began = performance.now()
    }
    for (const document of changes.products) {
      const taken = products.put(document)
      if (taken) texts.put(taken.product, document)
      await pause()
    }
    for (const [n, price] of changes.prices.entries()) {
      products.setPrice(price)
      if (n % 64 === 63) await pause()
    }
    for (const [n, stock] of changes.stocks.entries()) {
      products.setStock(stock)
      if (n % 64 === 63) await pause()
    }
    for (const { productId, units } of changes.sales ?? []) products.setUnits(productId, units, WEIGHTS.soldUnit)
    if (asOf === null || Date.parse(changes.asOf) > Date.parse(asOf)) asOf = changes.asOf
  }

  function search(request: SearchRequest): SearchAnswer {
    const { sort, slice, facets } = request
    const read = slice.position === null ? null : readPosition(sort, slice.position)
    const parsed = parseQuery(request.query, language)
    const found = find(request, parsed)
    const checks = checksOf(request.filters, products)
    const counter = facets && createFacets(request, facets, checks, products)
    const key = keyOf(request)
    const snapshot = read && snapshots.find(read.snapshot, key, request.now)
    const walk = walkOf(request, read, snapshot)
    let totalCount = 0
    const { hidden, placeOf } = ranking(request, parsed, found)
    const count = (product: number, score: number, hasAll: number): void => {
      if (hidden && products.inStock[product] === 0) return
      let failed = -1
      for (let n = 0; n < checks.length; n++) {
        if (checks[n]?.passes(product)) continue
        if (failed >= 0) return
        failed = n
      }
      counter?.count(product, failed)
      if (failed >= 0) return
      totalCount++
      if (walk.isOffered(product)) placeOf(product, score, hasAll, walk.offer)
    }
    for (let n = 0; n < found.count; n++) {
      count(found.products[n] as number, found.scores[n] as number, found.hasAll[n] as number)
    }
    for (const product of found.extra) count(product, 0, 0)
    const page = walk.take(key)
    const matches = new Set(
      found.slots.flatMap(({ terms, sequences }) => [
        ...terms.map(({ word }) => word),
        ...sequences.flatMap(({ words }) => words.flat().map(({ word }) => word)),
      ]),
    )
    const pins = new Set(sort === 'RELEVANCE' ? request.rules.pins : [])
    const hits = page.map(({ place, snapshot: id, at }): Hit => {
      const productId = products.ids[place.product] as string
      return {
        productId,
        position: positionOf(sort, place, productId, id, at),
        matched: matchedWords(place.product, matches),
        pinned: pins.has(productId),
        explanation: request.explain ? explanationOf(request, found, place, pins.has(productId)) : null,
      }
    })
    return {
      hits,
      totalCount,
      facets: counter ? counter.values() : [],
      didYouMean: parsed ? meant(parsed, found) : null,
      relaxed: found.relaxed,
      asOf,
    }
  }

  interface Found extends Matched {
    /** Products to show although the words do not find them: those of a SKU, and pins. */
    extra: readonly number[]
    /** Those whose SKU is the query. */
    bySku: ReadonlySet<number>
  }

  function find({ sort, rules }: SearchRequest, parsed: ParsedQuery | null): Found {
    const isBrowse = parsed === null || (parsed.words.length === 0 && parsed.excluded.length > 0)
    const matched = isBrowse ? matcher.browse(parsed) : matcher.match(parsed, sort !== 'RELEVANCE')
    const bySku = new Set(parsed ? products.withSku(parsed.text.trim()) : [])
    const pins = sort === 'RELEVANCE' ? rules.pins.slice(0, BOUNDS.pins).map(products.numberOf) : []
    const extra = new Set(
      [...bySku, ...pins].filter((one): one is number => one !== undefined && texts.documentOf(one) >= 0),
    )
    if (extra.size > 0) {
      for (let n = 0; n < matched.count; n++) extra.delete(matched.products[n] as number)
    }
    return { ...matched, extra: [...extra], bySku }
  }

  type Offer = (product: number, rank: number, key: number, key2: number) => void

  /** How products of this request are ranked. */
  function ranking(
    { sort, soldOut, rules, currencyCode, now }: SearchRequest,
    parsed: ParsedQuery | null,
    { bySku }: Found,
  ) {
    const { inStock, popularity, createdAt } = products
    const isLast = soldOut === 'LAST'
    const availability = (product: number) => (isLast ? (inStock[product] as number) : 1)
    const hidden = soldOut === 'HIDDEN'
    const prices = products.offersIn(currencyCode)?.price
    if (sort !== 'RELEVANCE') {
      const keyOfSort = (product: number): number => {
        if (sort === 'NEWEST') return createdAt[product] as number
        if (sort === 'POPULARITY') return popularity[product] as number
        const price = prices?.[product] ?? Number.NaN
        if (Number.isNaN(price)) return Number.NEGATIVE_INFINITY
        return sort === 'PRICE_ASC' ? -price : price
      }
      return {
        hidden,
        placeOf(product: number, _score: number, _hasAll: number, offer: Offer) {
          offer(product, availability(product), keyOfSort(product), popularity[product] as number)
        },
      }
    }
    const pins = new Map<number, number>()
    for (const [n, id] of rules.pins.slice(0, BOUNDS.pins).entries()) {
      const product = products.numberOf(id)
      if (product !== undefined && !pins.has(product)) pins.set(product, n)
    }
    const buried = new Set(rules.buried.map(products.numberOf))
    const isSku = bySku.size > 0 ? (product: number) => bySku.has(product) : () => false
    const factorOf = factors({ rules, now }, parsed)
    return {
      hidden,
      placeOf(product: number, score: number, hasAll: number, offer: Offer) {
        const pin = pins.size > 0 ? pins.get(product) : undefined
        const group = buried.size > 0 && buried.has(product) ? 0 : isSku(product) ? 3 : hasAll ? 2 : 1
        const rank = pin === undefined ? group * 2 + availability(product) : PINNED + BOUNDS.pins - pin
        offer(product, rank, score * factorOf(product), popularity[product] as number)
      },
    }
  }

  /** What a product's text score is multiplied by. */
  function factors({ rules, now }: Pick<SearchRequest, 'rules' | 'now'>, parsed: ParsedQuery | null) {
    const { popular, newness, brand, path } = products
    const freshness = freshnessAt(now)
    const boosts = boostsOf(rules, products)
    const whole = parsed ? wholeQuery(parsed) : null
    return (product: number): number => {
      let factor = 1 + (popular[product] as number) + freshness(newness[product] as number)
      if (whole) {
        if (whole.brands.has(brand[product] as number)) factor *= WEIGHTS.wholeBrand
        if (whole.paths.has(path[product] as number)) factor *= WEIGHTS.wholeCategory
      }
      for (const boost of boosts) {
        if (boost.lifts(product)) factor *= boost.factor
      }
      return factor
    }
  }

  const stemsOf = (text: string) =>
    wordsOf(text)
      .map(({ surface }) => language.stemOf(surface))
      .join(' ')
  let known = { brands: new Map<string, number[]>(), categories: new Map<string, number[]>(), size: '' }

  /** Brands and paths of categories whose name is the whole query, in any of its forms. */
  function wholeQuery(parsed: ParsedQuery): { brands: Set<number>; paths: Set<number> } | null {
    const size = `${products.brands.length} ${products.categories.length}`
    if (known.size !== size) {
      known = {
        brands: byStems(products.brands),
        categories: byStems(products.categories.map(({ name }) => name)),
        size,
      }
    }
    const text = parsed.words.map(({ surface }) => language.stemOf(surface)).join(' ')
    const brands = known.brands.get(text)
    const categories = known.categories.get(text)
    if (!brands && !categories) return null
    const paths = new Set<number>()
    for (const [n, path] of products.paths.entries()) if (path.some((one) => categories?.includes(one))) paths.add(n)
    return { brands: new Set(brands), paths }
  }

  function byStems(names: readonly string[]): Map<string, number[]> {
    const map = new Map<string, number[]>()
    for (const [n, name] of names.entries()) {
      const key = stemsOf(name)
      map.set(key, [...(map.get(key) ?? []), n])
    }
    return map
  }

  /** Collects the places of the asked slice. */
  function walkOf({ slice, now }: SearchRequest, read: Read | null, snapshot: Snapshot | null) {
    const wanted = Math.min(slice.limit, BOUNDS.pageHits) + 1
    type Row = { place: Place; snapshot: string; at: number }
    const rowsOf = (from: Snapshot, start: number, end: number): Row[] =>
      from.places
        .slice(Math.max(0, start), Math.max(0, end))
        .map((place, n) => ({ place, snapshot: from.id, at: Math.max(0, start) + n }))
    const isIn = (row: Row) => texts.documentOf(row.place.product) >= 0

    if (snapshot && read && slice.backward) {
      const rows: Row[] = []
      let end = read.at
      for (let one: Snapshot | null = snapshot; one && rows.length < wanted; one = one.previous) {
        rows.push(
          ...rowsOf(one, end - (wanted - rows.length), end)
            .reverse()
            .filter(isIn),
        )
        end = one.previous?.places.length ?? 0
      }
      return { isOffered: () => false, offer: () => {}, take: () => rows }
    }
    if (snapshot && read) {
      const rows = rowsOf(snapshot, read.at + 1, read.at + 1 + wanted)
      if (rows.length >= wanted || snapshot.places.length < SNAPSHOT_SIZE) {
        return { isOffered: () => false, offer: () => {}, take: () => rows }
      }
      // The snapshot ends: what it and those before it have not shown comes next.
      const shown = new Set<number>()
      for (let one: Snapshot | null = snapshot; one; one = one.previous)
        for (const place of one.places) shown.add(place.product)
      const top = createTop(SNAPSHOT_SIZE, order)
      return {
        isOffered: (product: number) => !shown.has(product),
        offer: top.offer,
        take(key: string): Row[] {
          const places = top.take()
          const next = snapshots.add(key, places, snapshot, now)
          const more = places.slice(0, wanted - rows.length)
          return [...rows, ...more.map((place, at) => ({ place, snapshot: next?.id ?? '', at }))]
        },
      }
    }
    const direction = slice.backward ? (a: Place, b: Place) => order(b, a) : order
    const top = createTop(slice.backward ? wanted : SNAPSHOT_SIZE, direction, slice.backward)
    // A product that is not known any more has the place that its id gives it.
    const isBeyond = read && beyond(read, slice.backward)
    return {
      isOffered: () => true,
      offer: isBeyond
        ? (product: number, rank: number, key: number, key2: number) => {
            if (isBeyond(product, rank, key, key2)) top.offer(product, rank, key, key2)
          }
        : top.offer,
      take(key: string): Row[] {
        const places = top.take()
        const page = places.slice(0, wanted)
        const kept = slice.backward || places.length < wanted ? null : snapshots.add(key, places, null, now)
        return page.map((place, at) => ({ place, snapshot: kept?.id ?? '', at }))
      },
    }
  }

  /** Whether a place lies beyond the one that was read. */
  function beyond(read: Read, backward: boolean) {
    return (product: number, rank: number, key: number, key2: number): boolean => {
      const id = products.ids[product] as string
      const difference =
        read.rank - rank ||
        read.key - key ||
        read.key2 - key2 ||
        (id < read.productId ? -1 : id > read.productId ? 1 : 0)
      return backward ? difference < 0 : difference > 0
    }
  }

  function matchedWords(product: number, matches: ReadonlySet<number>): string[] {
    if (matches.size === 0) return []
    const found = new Set<number>()
    texts.eachWord(product, (word) => {
      if (matches.has(word)) found.add(word)
    })
    return [...found].map((word) => texts.vocabulary.wordOf(word))
  }

  /** The query with the words that were meant, when some were only found nearly. */
  function meant(parsed: ParsedQuery, { slots, products: all, scores, count }: Found): string | null {
    if (!slots.some(({ isCorrected }) => isCorrected) || count === 0) return null
    let best = 0
    for (let n = 1; n < count; n++) if ((scores[n] as number) > (scores[best] as number)) best = n
    const here = new Set<number>()
    texts.eachWord(all[best] as number, (word) => here.add(word))
    let text = parsed.text
    let from = 0
    for (const { isCorrected, typed, terms } of slots) {
      const at = text.indexOf(typed, from)
      if (at < 0) continue
      const term = isCorrected ? (terms.find(({ word }) => here.has(word)) ?? terms[0]) : undefined
      const word = term ? texts.vocabulary.wordOf(term.word) : typed
      text = text.slice(0, at) + word + text.slice(at + typed.length)
      from = at + word.length
    }
    return text.trim()
  }

  function explanationOf(request: SearchRequest, found: Found, place: Place, isPinned: boolean): Explanation {
    return explain({ request, found, place, isPinned, products, texts, isSku: found.bySku.has(place.product) })
  }

  function suggest(prefix: string, limit: number) {
    const most = Math.max(0, Math.min(limit, BOUNDS.suggestions))
    const parsed = parseQuery(prefix, language)
    if (!parsed || parsed.words.length === 0 || most === 0)
      return { queries: [], categories: [], brands: [], products: [] }
    const found = matcher.match(parsed, true)
    const top = createTop(LOOKED_AT, order)
    for (let n = 0; n < found.count; n++) {
      const product = found.products[n] as number
      const popular = 1 + 3 * (products.popular[product] as number)
      top.offer(product, products.inStock[product] as number, (found.scores[n] as number) * popular, 0)
    }
    const best = top.take().map(({ product }) => product)
    return completionsOf({ prefix, limit: most, best, texts, products, isStopWord: language.isStopWord })
  }

  return {
    apply,
    search: async (request) => search(request),
    suggest: async (prefix, limit) => suggest(prefix, limit),
    setSynonyms(synonyms) {
      reader.synonyms = synonymMapOf(synonyms)
    },
    documents: async () => texts.live,
    asOf: async () => asOf,
    bytes: () => products.bytes() + texts.bytes() + matcher.bytes(),
  }
}

/** Requests with the same key are pages of one list. */
function keyOf({ query, filters, sort, currencyCode, soldOut, rules }: SearchRequest): string {
  const text = (_: string, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value)
  return JSON.stringify([query.slice(0, BOUNDS.queryCharacters), filters, sort, currencyCode, soldOut, rules], text)
}
