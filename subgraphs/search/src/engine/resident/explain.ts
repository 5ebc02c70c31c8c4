import type { Explanation, SearchRequest } from '../port.ts'
import { boostsOf } from './boosts.ts'
import { freshnessAt } from './factors.ts'
import type { Matched } from './match.ts'
import type { Place } from './order.ts'
import type { Products } from './products.ts'
import type { Texts } from './texts.ts'

interface Explained {
  request: SearchRequest
  found: Matched
  place: Place
  isPinned: boolean
  isSku: boolean
  products: Products
  texts: Texts
}

/** Why a hit is where it is: which words it has and what each of them weighs, and what its score was multiplied by. */
export function explain({ request, found, place, isPinned, isSku, products, texts }: Explained): Explanation {
  const { product, rank, key } = place
  const available = products.inStock[product] === 1
  const parts: Explanation['parts'][number][] = []
  if (request.sort === 'RELEVANCE') {
    const own = new Set<number>()
    texts.eachWord(product, (word) => own.add(word))
    const has = found.bitsOf(product)
    for (const [n, slot] of found.slots.entries()) {
      const term = slot.terms.find(({ word }) => own.has(word))
      const form = term ? `${texts.vocabulary.wordOf(term.word)} (${term.form})` : 'written otherwise'
      const isHere = (has & (1 << n)) !== 0
      const value = isHere ? found.weightOf(n) * (term?.weight ?? 1) : 0
      parts.push({ kind: 'sum', name: `word "${slot.typed}"`, value, detail: isHere ? form : 'missing' })
    }
    const share = products.popular[product] as number
    const fresh = freshnessAt(request.now)(products.newness[product] as number)
    parts.push({ kind: 'factor', name: 'popularity', value: 1 + share, detail: String(products.popularity[product]) })
    parts.push({ kind: 'factor', name: 'freshness', value: 1 + fresh, detail: null })
    for (const { factor, lifts } of boostsOf(request.rules, products)) {
      if (lifts(product)) parts.push({ kind: 'factor', name: 'boost', value: factor, detail: null })
    }
    if (isSku) parts.push({ kind: 'sum', name: 'sku', value: 0, detail: 'the query is its SKU: first group' })
  }
  const group = isPinned || rank >= 6 ? 3 : request.sort === 'RELEVANCE' ? rank >> 1 : 2
  return { group, available, score: Number.isFinite(key) ? key : 0, parts }
}
