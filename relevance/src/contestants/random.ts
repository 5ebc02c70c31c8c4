import { seeded, shuffled } from '@commerce/local/shop/random.ts'
import type { Open } from './contestant.ts'

/** Any products in any order, of the judged ones where only those count: what a measure says of somebody who guesses. */
export const openRandom: Open = async ({ documents }) => {
  const random = seeded(1)
  const ids = documents.map(({ productId }) => productId)
  const some = (limit: number) =>
    Array.from({ length: Math.min(limit, ids.length) }, () => ids[Math.floor(random() * ids.length)] as string)
  return {
    find: (_, limit, judged) => (judged ? shuffled(random, judged).slice(0, limit) : [...new Set(some(limit))]),
    page: null,
    suggest: null,
    close: async () => {},
  }
}
