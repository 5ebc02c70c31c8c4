import type { DocumentStore } from '../document/repository.ts'
import { NO_RULES, noFilters, type SearchEngine, type SearchRequest } from '../engine/port.ts'
import type { LiveIndex } from './live.ts'

/** What is wrong with a rebuilt index, null when nothing is, and what was compared. */
export interface Verdict {
  problem: string | null
  report: string
}

const SAMPLE = 50
const MOST_LOST = SAMPLE / 10

/**
 * Compares a rebuilt index with the one that is searched: it may not hold fewer of anything, and a sample of products has to be found by title where
 * they are found now.
 */
export async function verify(
  store: DocumentStore,
  index: LiveIndex,
  generation: number,
  rebuilt: SearchEngine,
): Promise<Verdict> {
  const before = index.generation === null ? null : await store.counts(index.generation)
  const after = await store.counts(generation)
  const counted = `${after.documents} products, ${after.prices} prices, ${after.stocks} stocks`
  if (before === null) return { problem: null, report: `${counted}; there was nothing to compare with.` }

  const fewer = (['documents', 'prices', 'stocks'] as const).filter((kind) => after[kind] < before[kind])
  const { asked, lost, same } = await compare(await store.sample(generation, SAMPLE), index.engine, rebuilt)
  const report = `${counted} (before: ${before.documents}, ${before.prices}, ${before.stocks}); ${same} of ${asked} searches answer as before.`
  if (fewer.length > 0) return { problem: `It holds fewer ${fewer.join(', ')} than before.`, report }
  if (lost > MOST_LOST)
    return { problem: `${lost} of ${asked} products are not found by their title any more.`, report }
  return { problem: null, report }
}

async function compare(
  documents: readonly { productId: string; title: string }[],
  before: SearchEngine,
  after: SearchEngine,
) {
  const outcome = { asked: 0, lost: 0, same: 0 }
  for (const { productId, title } of documents) {
    const [old, rebuilt] = await Promise.all([before, after].map((engine) => engine.search(searching(title))))
    const [was, is] = [old, rebuilt].map((answer) => answer?.hits.map((hit) => hit.productId) ?? [])
    outcome.asked++
    if (was?.includes(productId) && !is?.includes(productId)) outcome.lost++
    if (was?.slice(0, 10).join() === is?.slice(0, 10).join()) outcome.same++
  }
  return outcome
}

/** A search for words alone, whatever they are. */
export function searching(query: string): SearchRequest {
  const currencyCode = 'USD' // prices play no part in it
  return {
    query,
    filters: noFilters(currencyCode),
    sort: 'RELEVANCE',
    slice: { limit: 100, backward: false, position: null },
    currencyCode,
    soldOut: 'MIXED',
    rules: NO_RULES,
    facets: null,
    explain: false,
    now: 0,
  }
}
