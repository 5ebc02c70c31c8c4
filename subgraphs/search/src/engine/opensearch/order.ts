import type { Types } from '@opensearch-project/opensearch'
import { type Position, PositionError, type SearchRequest, type Sort } from '../port.ts'
import { GROUP } from './scripts.ts'

export type SortClause = Types.Common.SortCombinations

type Direction = 'asc' | 'desc'
interface Key {
  kind: 'number' | 'text'
  direction: Direction
  clause(direction: Direction): SortClause
}

/** Behind all prices in both directions. */
const NO_PRICE = Number.MAX_SAFE_INTEGER
const FIRST_PIN = 1_000

/** The order of a request, in its direction; the last key is the product id, so no two products have the same place. */
export function sortsOf(request: SearchRequest): SortClause[] {
  return keysOf(request).map(({ direction, clause }) => clause(request.slice.backward ? inverse(direction) : direction))
}

/** A hit's id and what it was sorted by. */
export interface Row {
  id: string
  values: readonly (number | string)[]
}

/** Where a hit stands: what it was sorted by, and its place in the walk that its page belongs to. */
export function positionOf(sort: Sort, { values }: Row, walk: string, at: number): Position {
  return [`os:${sort}`, ...values.map(String), walk, String(at)]
}

export interface Place {
  after: (number | string)[]
  walk: string
  at: number
}

/** What a position continues behind; null for the beginning. Throws `PositionError` when it is of another list. */
export function placeOf(request: SearchRequest): Place | null {
  const { position } = request.slice
  if (position === null) return null
  const [list, ...values] = position
  const keys = keysOf(request)
  if (list !== `os:${request.sort}` || values.length !== keys.length + 2) {
    throw new PositionError(`Expected a position in a list sorted by ${request.sort}; got one of ${list ?? 'nothing'}.`)
  }
  const after = keys.map(({ kind }, n) => {
    const value = values[n] as string
    if (kind === 'text') return value
    const number = Number(value)
    if (value === '' || !Number.isFinite(number))
      throw new PositionError(`Expected a number in a position; got ${JSON.stringify(value.slice(0, 50))}.`)
    return number
  })
  return { after, walk: values[keys.length] as string, at: Number(values[keys.length + 1]) }
}

function keysOf({ sort, soldOut, rules, query, currencyCode }: SearchRequest): Key[] {
  const byId = key('text', 'asc', 'productId')
  const available = soldOut === 'LAST' ? [key('number', 'desc', 'inStock')] : []
  const popular = key('number', 'desc', 'popularity')
  if (sort === 'NEWEST') return [...available, key('number', 'desc', 'createdAt'), popular, byId]
  if (sort === 'POPULARITY') return [...available, popular, byId]
  if (sort !== 'RELEVANCE')
    return [...available, priceKey(sort === 'PRICE_ASC' ? 'asc' : 'desc', currencyCode), popular, byId]
  const pins = Object.fromEntries(rules.pins.map((id, n) => [id, FIRST_PIN - n]).reverse())
  const params = { pins, buried: [...rules.buried], sku: query.trim().toLowerCase() }
  const group: Key = {
    kind: 'number',
    direction: 'desc',
    clause: (order) => ({ _script: { type: 'number', order, script: { lang: 'painless', source: GROUP, params } } }),
  }
  const score: Key = { kind: 'number', direction: 'desc', clause: (order) => ({ _score: { order } }) }
  return [group, ...available, score, popular, byId]
}

function key(kind: Key['kind'], direction: Direction, field: string): Key {
  return { kind, direction, clause: (order) => ({ [field]: { order } }) }
}

function priceKey(direction: Direction, currencyCode: string): Key {
  return {
    kind: 'number',
    direction,
    clause: (order) => ({
      'prices.amount': {
        order,
        mode: 'min',
        missing: direction === 'asc' ? NO_PRICE : -1,
        nested: { path: 'prices', filter: { term: { 'prices.currency': { value: currencyCode } } } },
      },
    }),
  }
}

function inverse(direction: Direction): Direction {
  return direction === 'asc' ? 'desc' : 'asc'
}
