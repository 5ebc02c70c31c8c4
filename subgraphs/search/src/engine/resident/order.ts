import { type Position, PositionError, type Sort } from '../port.ts'

/** Where a product stands: a higher rank first, then higher keys, then the lower id. */
export interface Place {
  product: number
  rank: number
  key: number
  key2: number
}

/** Less than 0: `a` comes first. */
export type Order = (a: Place, b: Place) => number

/** The order of all lists; products are told apart by their ids. */
export function orderBy(ids: readonly string[]): Order {
  return (a, b) =>
    b.rank - a.rank ||
    compare(b.key, a.key) ||
    compare(b.key2, a.key2) ||
    ((ids[a.product] as string) < (ids[b.product] as string) ? -1 : a.product === b.product ? 0 : 1)
}

/** As a difference would say, but for infinities. */
function compare(a: number, b: number): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** The first `limit` of what it is offered, kept in a heap with the last of them on top. */
export function createTop(limit: number, order: Order, backward = false) {
  const heap: Place[] = []

  function sift(from: number): void {
    let at = from
    const moved = heap[at] as Place
    for (;;) {
      let child = 2 * at + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && order(heap[child] as Place, heap[child + 1] as Place) < 0) child++
      if (order(moved, heap[child] as Place) >= 0) break
      heap[at] = heap[child] as Place
      at = child
    }
    heap[at] = moved
  }

  return {
    offer(product: number, rank: number, key: number, key2: number): void {
      if (heap.length < limit) {
        heap.push({ product, rank, key, key2 })
        if (heap.length === limit) for (let at = (limit >> 1) - 1; at >= 0; at--) sift(at)
        return
      }
      const last = heap[0]
      // Most are refused here, without an object.
      if (!last || (!backward && (rank < last.rank || (rank === last.rank && key < last.key)))) return
      const place = { product, rank, key, key2 }
      if (order(place, last) >= 0) return
      heap[0] = place
      sift(0)
    },
    take: (): Place[] => heap.sort(order),
  }
}

/** A position as callers keep it: the sort, the place, the id, and where in which snapshot of the list. */
export function positionOf(
  sort: Sort,
  { rank, key, key2 }: Place,
  productId: string,
  snapshot: string,
  at: number,
): Position {
  return [sort, String(rank), String(key), String(key2), productId, snapshot, String(at)]
}

export interface Read {
  rank: number
  key: number
  key2: number
  productId: string
  snapshot: string
  at: number
}

/** Reads a position of this sort back. Throws `PositionError`. */
export function readPosition(sort: Sort, position: Position): Read {
  const [madeFor, rank, key, key2, productId, snapshot, at, ...rest] = position
  if (madeFor !== sort)
    throw new PositionError(`Expected a position of a list sorted by ${sort}, got one of ${cut(madeFor)}.`)
  const numbers = [rank, key, key2, at].map(Number)
  const isNumber = [rank, key, key2, at].every((one) => one !== undefined && /^-?(\d|Infinity$)/.test(one))
  if (!isNumber || numbers.some(Number.isNaN) || !productId || snapshot === undefined || rest.length > 0) {
    throw new PositionError(`Expected a position that this index gave, got ${cut(position.join(' '))}.`)
  }
  return { rank: Number(rank), key: Number(key), key2: Number(key2), productId, snapshot, at: Number(at) }
}

function cut(text: string | undefined): string {
  return JSON.stringify((text ?? '').slice(0, 100))
}
