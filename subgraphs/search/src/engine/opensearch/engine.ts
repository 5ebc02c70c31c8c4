/*
 * The engine for those who outgrow one machine: the same port over an OpenSearch cluster, with the official client. Texts are analysed here and
 * kept as words, so that both engines understand a query alike. Long because a search is told here from its request to its answer.
 */
import type { API, Client, Types } from '@opensearch-project/opensearch'
import { languageOf } from '../../analysis/language.ts'
import { type ParsedQuery, parseQuery } from '../../analysis/query.ts'
import {
  BOUNDS,
  type Explanation,
  type Hit,
  type SearchAnswer,
  type SearchEngine,
  type SearchRequest,
  type Synonym,
} from '../port.ts'
import { synonymMapOf } from '../resident/synonyms.ts'
import { WEIGHTS } from '../resident/weights.ts'
import { applyChanges } from './changes.ts'
import { aggregationsOf, countsOf } from './facets.ts'
import { anyOf, clausesOf, type FilterClause, type Query } from './filters.ts'
import { aliasesOf, indicesOf } from './indices.ts'
import { matchedWords } from './matched.ts'
import { placeOf, positionOf, type Row, sortsOf } from './order.ts'
import { FACTOR } from './scripts.ts'
import { completionsOf, LOOKED_AT, type Suggested } from './suggest.ts'
import { createWalks, type Walk, WINDOW } from './walks.ts'
import { type Demand, excludedQueries, nameOf, neededWords, type WordsInput, wordsQuery } from './words.ts'

type SearchBody = API.Search_ResponseBody

export interface OpenSearchOptions {
  client: Client
  /** What the names of the indices begin with. */
  prefix: string
  /** Of the products' texts, ISO 639-1. */
  language?: string
  /** Writes and reads the indices of this generation, while the aliases still lead to another one: for a rebuild. */
  generation?: string
}

/** A product exists when it has a version: prices may come before. */
const IS_PRODUCT: Query = { exists: { field: 'version' } }

/** An engine over indices that exist (see `indices.ts`). */
export function createOpenSearchEngine({
  client,
  prefix,
  language: code = 'en',
  generation,
}: OpenSearchOptions): SearchEngine {
  const language = languageOf(code)
  const names = generation === undefined ? aliasesOf(prefix) : indicesOf(prefix, generation)
  const input: WordsInput & { synonyms: WordsInput['synonyms'] } = { language, synonyms: new Map() }
  const walks = createWalks()

  async function search(request: SearchRequest): Promise<SearchAnswer> {
    const place = placeOf(request)
    const parsed = parseQuery(request.query, language)
    const key = keyOf(request)
    const walk = place && walks.find(key, place.walk, request.now)
    const known = walk && place && rowsOf(walk, place.at, request)
    const [found, asOf] = await Promise.all([attempts(request, parsed, known ? 0 : undefined, walk), newest()])
    const page = known ? known : pageOf(request, found.body, walk, key)
    const sources = await sourcesOf(page.rows.map(({ id }) => id))
    const isMatched = parsed !== null && parsed.words.length > 0
    const others = [...input.synonyms.values()].flat(2)
    const pins = new Set(request.sort === 'RELEVANCE' ? request.rules.pins : [])
    const answered = new Map(found.body.hits.hits.map((hit) => [hit._id, hit]))
    const hits = page.rows.map((row, n): Hit => {
      const texts = sources.get(row.id)?.shown?.texts ?? []
      return {
        productId: row.id,
        position: positionOf(request.sort, row, page.walk, page.at[n] as number),
        matched: isMatched ? matchedWords(texts, parsed, others, language) : [],
        pinned: pins.has(row.id),
        explanation: request.explain
          ? explained(request, row, sources.get(row.id)?.inStock === 1, answered.get(row.id), found.demand)
          : null,
      }
    })
    return {
      hits,
      totalCount: totalOf(found.body),
      facets: request.facets
        ? countsOf(request, request.facets, (found.body.aggregations ?? {}) as Record<string, unknown>)
        : [],
      didYouMean: parsed && meant(parsed, found.body),
      relaxed: parsed && found.demand.missing > 0 ? given(parsed, found.body) : [],
      asOf,
    }
  }

  /** First all words as they are typed, then near ones, then with fewer words, until something is found. */
  async function attempts(
    request: SearchRequest,
    parsed: ParsedQuery | null,
    size: number | undefined,
    walk: Walk | null,
  ) {
    const words = parsed ? neededWords(parsed).length : 0
    const demands: Demand[] = [{ missing: 0, typos: false }]
    if (parsed && words > 0) {
      if (parsed.words.some(({ typos }) => typos > 0)) demands.push({ missing: 0, typos: true })
      for (const missing of new Set([Math.ceil(words / 4), Math.ceil(words / 2), words - 1])) {
        if (missing > 0 && missing < words) demands.push({ missing, typos: true })
      }
    }
    for (const [n, demand] of demands.entries()) {
      const body = await find(request, parsed, demand, size, walk)
      if (totalOf(body) > 0 || n === demands.length - 1) return { body, demand }
    }
    throw new Error('Expected at least one attempt.')
  }

  async function find(
    request: SearchRequest,
    parsed: ParsedQuery | null,
    demand: Demand,
    size: number | undefined,
    walk: Walk | null,
  ): Promise<SearchBody> {
    const clauses = clausesOf(request.filters)
    const { backward, limit } = request.slice
    const wanted = Math.min(limit, BOUNDS.pageHits) + 1
    const place = placeOf(request)
    // What a walk has shown is left out instead of asked for behind a place that may have moved.
    const shown = walk && !backward ? walk.rows.map(({ id }) => id) : []
    const isBehind = place && shown.length === 0
    const { body } = await client.search({
      index: names.products,
      body: {
        size: size ?? (backward ? wanted : Math.max(WINDOW, wanted)),
        _source: false,
        track_total_hits: true,
        track_scores: true,
        explain: request.explain,
        query: queryOf(request, parsed, demand),
        post_filter: {
          bool: {
            filter: clauses.map(({ query }) => query),
            must_not: shown.length > 0 ? [{ ids: { values: shown } }] : [],
          },
        },
        sort: sortsOf(request),
        ...(isBehind ? { search_after: place.after } : {}),
        aggs: {
          total: totalAggregation(clauses),
          ...(request.facets ? aggregationsOf(request, request.facets, clauses) : {}),
        },
        ...(parsed && demand.typos ? { suggest: suggestersOf(parsed) } : {}),
      },
    })
    return body
  }

  function queryOf(request: SearchRequest, parsed: ParsedQuery | null, demand: Demand): Query {
    const filter: Query[] = [IS_PRODUCT]
    if (request.soldOut === 'HIDDEN') filter.push({ term: { inStock: { value: 1 } } })
    const isBrowse = parsed === null || (parsed.words.length === 0 && parsed.excluded.length > 0)
    if (isBrowse) {
      return {
        bool: {
          must: [scored(request, { match_all: {} })],
          filter,
          must_not: parsed ? excludedQueries(parsed, language) : [],
        },
      }
    }
    const text: Query =
      parsed.words.length === 0 ? { match_none: {} } : scored(request, wordsQuery(parsed, demand, input))
    const pins = request.sort === 'RELEVANCE' ? request.rules.pins.slice(0, BOUNDS.pins) : []
    const named: Query[] = [
      { term: { skus: { value: parsed.text.trim().toLowerCase(), boost: 0 } } },
      { terms: { productId: pins, boost: 0 } },
    ]
    const wanted: Query = { bool: { must: [text], must_not: excludedQueries(parsed, language) } }
    return { bool: { must: [anyOf([wanted, ...named])], filter } }
  }

  /** A text score times what else ranks. */
  function scored({ sort, rules, now }: SearchRequest, query: Query): Query {
    if (sort !== 'RELEVANCE') return query
    const { popularity, freshness, halfLifeDays, usualPopularity } = WEIGHTS
    const params = { now, popularity, freshness, halfLife: halfLifeDays, usual: Math.log1p(usualPopularity) }
    return {
      function_score: {
        query,
        functions: [
          { script_score: { script: { lang: 'painless', source: FACTOR, params } } },
          ...boostsOf(rules).map(({ filters, productIds, factor }, n) => ({
            filter: {
              bool: {
                filter: [
                  ...clausesOf(filters).map((clause) => clause.query),
                  ...(productIds ? [{ terms: { productId: [...productIds] } }] : []),
                ],
                _name: boostName(n),
              },
            },
            weight: factor,
          })),
        ],
        score_mode: 'multiply',
        boost_mode: 'multiply',
      },
    }
  }

  /** The rows of a page that a walk remembers; null when it does not remember enough. */
  function rowsOf(walk: Walk, at: number, { slice }: SearchRequest): Page | null {
    const wanted = Math.min(slice.limit, BOUNDS.pageHits) + 1
    const indexes = slice.backward
      ? Array.from({ length: Math.min(wanted, at) }, (_, n) => at - 1 - n)
      : Array.from({ length: Math.max(0, Math.min(wanted, walk.rows.length - at - 1)) }, (_, n) => at + 1 + n)
    const isWhole = indexes.length === wanted || (slice.backward ? walk.isFromTop : !walk.isOpen)
    return isWhole ? { rows: indexes.map((n) => walk.rows[n] as Row), at: indexes, walk: walk.token } : null
  }

  function pageOf(request: SearchRequest, body: SearchBody, walk: Walk | null, key: string): Page {
    const { slice, now } = request
    const wanted = Math.min(slice.limit, BOUNDS.pageHits) + 1
    const rows = body.hits.hits.map(
      (hit): Row => ({ id: hit._id as string, values: (hit.sort ?? []) as (number | string)[] }),
    )
    if (slice.backward) return { rows: rows.slice(0, wanted), at: rows.slice(0, wanted).map(() => 0), walk: '' }
    const isOpen = rows.length >= WINDOW
    const place = placeOf(request)
    const kept = walk
      ? walks.extend(walk, rows, isOpen)
      : walks.add(key, { rows, isOpen, isFromTop: place === null }, now)
    const from = walk && place ? place.at + 1 : 0
    const page = kept.rows.slice(from, from + wanted)
    return { rows: page, at: page.map((_, n) => from + n), walk: kept.token }
  }

  async function sourcesOf(ids: readonly string[]): Promise<Map<string, Source>> {
    if (ids.length === 0) return new Map()
    const { body } = await client.mget({
      index: names.products,
      _source_includes: ['shown', 'inStock'],
      body: { ids: [...ids] },
    })
    return new Map(body.docs.map((doc) => [doc._id as string, ((doc as { _source?: Source })._source ?? {}) as Source]))
  }

  async function newest(): Promise<string | null> {
    const { body, statusCode } = await client.get({ index: names.state, id: 'state' }, { ignore: [404] })
    return statusCode === 404 ? null : ((body._source as { asOf?: string } | undefined)?.asOf ?? null)
  }

  async function suggest(prefix: string, limit: number) {
    const parsed = parseQuery(prefix, language)
    const most = Math.max(0, Math.min(limit, BOUNDS.suggestions))
    if (!parsed || parsed.words.length === 0 || most === 0)
      return { queries: [], categories: [], brands: [], products: [] }
    for (const typos of [false, true]) {
      const { body } = await client.search({
        index: names.products,
        body: {
          size: LOOKED_AT,
          _source: ['shown', 'categoryNodes'],
          query: {
            bool: {
              must: [wordsQuery(parsed, { missing: 0, typos }, input)],
              filter: [IS_PRODUCT],
              must_not: excludedQueries(parsed, language),
            },
          },
          sort: [
            { inStock: { order: 'desc' } },
            { _score: { order: 'desc' } },
            { popularity: { order: 'desc' } },
            { productId: { order: 'asc' } },
          ],
        },
      })
      const best = body.hits.hits.map((hit) => suggestedOf(hit._id as string, (hit._source ?? {}) as Source))
      if (best.length > 0 || typos) return completionsOf(prefix, best, most, language)
    }
    return { queries: [], categories: [], brands: [], products: [] }
  }

  return {
    apply: (changes) => applyChanges({ client, names, language, soldUnit: WEIGHTS.soldUnit }, changes),
    search,
    suggest,
    setSynonyms(synonyms: readonly Synonym[]) {
      input.synonyms = synonymMapOf(synonyms)
    },
    async documents() {
      const { body } = await client.count({ index: names.products, body: { query: IS_PRODUCT } })
      return body.count
    },
    asOf: newest,
    close: () => client.close(),
  }
}

interface Page {
  rows: Row[]
  /** Where each row stands in its walk. */
  at: number[]
  walk: string
}

interface Source {
  shown?: { title: string; brand: string | null; texts: string[] }
  categoryNodes?: string[]
  inStock?: number
}

/** Counts what passes all filters, whatever a walk leaves out. */
function totalAggregation(clauses: readonly FilterClause[]): Types.Common_Aggregations.AggregationContainer {
  return { filter: { bool: { filter: clauses.map(({ query }) => query) } } }
}

function totalOf(body: SearchBody): number {
  return ((body.aggregations?.total ?? {}) as { doc_count?: number }).doc_count ?? 0
}

function suggestersOf({ words }: ParsedQuery): Types.Core_Search.Suggester {
  return Object.fromEntries(
    words.flatMap(({ surface, typos }, n) =>
      typos === 0
        ? []
        : [
            [
              nameOf(n),
              {
                text: surface,
                term: { field: 'spelling', size: 1, max_edits: typos, prefix_length: 0, suggest_mode: 'missing' },
              },
            ],
          ],
    ),
  )
}

/** The query with the words that OpenSearch knows instead of those that it does not. */
function meant(parsed: ParsedQuery, { suggest }: SearchBody): string | null {
  let text = parsed.text
  let from = 0
  let isOther = false
  for (const [n, { typed }] of parsed.words.entries()) {
    const entry = suggest?.[nameOf(n)]?.[0] as { options?: { text: string }[] | { text: string } } | undefined
    const option = Array.isArray(entry?.options) ? entry.options[0] : entry?.options
    const at = text.indexOf(typed, from)
    if (at < 0) continue
    const word = option?.text ?? typed
    isOther ||= option !== undefined
    text = text.slice(0, at) + word + text.slice(at + typed.length)
    from = at + word.length
  }
  return isOther ? text.trim() : null
}

/** The words, as typed, that the best hit does not have. */
function given(parsed: ParsedQuery, { hits }: SearchBody): string[] {
  const [best] = hits.hits
  if (!best?.matched_queries) return []
  const has = new Set(matchedNames(best))
  return parsed.words.flatMap(({ typed, isStopWord }, n) => (isStopWord || has.has(nameOf(n)) ? [] : [typed]))
}

/** The names of the queries that a hit fulfils. */
function matchedNames(hit: SearchBody['hits']['hits'][number] | undefined): readonly string[] {
  const { matched_queries: matched = [] } = hit ?? {}
  return Array.isArray(matched) ? matched : Object.keys(matched)
}

function boostsOf({ boosts }: SearchRequest['rules']): SearchRequest['rules']['boosts'] {
  return boosts
    .slice(0, BOUNDS.listValues)
    .map((boost) => ({ ...boost, factor: Math.min(10, Math.max(0.1, boost.factor)) }))
}

function boostName(n: number): string {
  return `boost ${n}`
}

function suggestedOf(id: string, { shown, categoryNodes }: Source): Suggested {
  const categories = (categoryNodes ?? []).map((node) => {
    const [, , , slug = '', name = ''] = node.split('\u001f')
    return { slug, name }
  })
  return { id, title: shown?.title ?? '', brand: shown?.brand ?? null, categories }
}

interface Explained {
  value?: number
  description?: string
  details?: Explained[]
}

function explained(
  request: SearchRequest,
  { values }: Row,
  available: boolean,
  hit: SearchBody['hits']['hits'][number] | undefined,
  demand: Demand,
): Explanation {
  const group = request.sort === 'RELEVANCE' ? Math.min(3, Number(values[0])) : 2
  const score = request.sort === 'RELEVANCE' ? Number(values[request.soldOut === 'LAST' ? 2 : 1]) : 0
  const { details = [] } = (hit?._explanation ?? {}) as Explained
  const boosts = boostsOf(request.rules).filter((_, n) => matchedNames(hit).includes(boostName(n)))
  return {
    group: group === 2 && demand.missing > 0 ? 1 : group,
    available,
    score,
    parts: [
      ...details.map(({ value = 0, description = '' }) => ({
        kind: 'sum' as const,
        name: description,
        value,
        detail: null,
      })),
      ...boosts.map(({ factor }) => ({ kind: 'factor' as const, name: 'boost', value: factor, detail: null })),
    ],
  }
}

/** Requests with the same key are pages of one list. */
function keyOf({ query, filters, sort, currencyCode, soldOut, rules }: SearchRequest): string {
  const text = (_: string, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value)
  return JSON.stringify([query.slice(0, BOUNDS.queryCharacters), filters, sort, currencyCode, soldOut, rules], text)
}
