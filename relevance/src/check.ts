import { type Catalog, readCatalog } from './catalogs.ts'
import type { Contestant } from './contestants/contestant.ts'
import { contestants } from './contestants/contestants.ts'
import { graphCatalog, openGraph } from './graph.ts'
import { type JudgedSet, judgedSets } from './judged/judged.ts'
import { ndcg, recall, reciprocalRank } from './measures.ts'
import type { Options } from './options.ts'

/** How one contestant answered one kind of query; shares from 0 to 1. */
export interface Score {
  catalog: string
  kind: string
  /** The kind whose queries these are, misspelled. */
  clean: string | null
  contestant: string
  queries: number
  ndcg10: number
  /** Null for who was told which products are judged. */
  recall50: number | null
  mrr: number
  empty: number
}

/** A query that was answered badly. */
export interface Bad {
  catalog: string
  kind: string
  query: string
  ndcg10: number
  found: readonly string[]
}

const DEPTH = 50

/** Asks every contestant every query of every catalog. */
export async function check(
  options: Options,
  progress: (line: string) => void,
): Promise<{ scores: Score[]; worst: Bad[] }> {
  const { split, queries, seed, only, url, products } = options
  const catalogs = url
    ? [await graphCatalog(url)]
    : await Promise.all(options.catalogs.map((name) => readCatalog(name, products)))
  const scores: Score[] = []
  const worst: Bad[] = []
  for (const catalog of catalogs) {
    const sets = judgedSets(catalog, split, queries, seed)
    progress(`${catalog.name}: ${catalog.documents.length} products, ${sets.length} kinds of queries`)
    for (const name of only) {
      progress(`${catalog.name}: ${name}`)
      const contestant = url && name === 'ours' ? openGraph(url) : await (await contestants[name]())(catalog)
      for (const set of sets) {
        const { score, bad } = await ask(contestant, set, catalog, name)
        scores.push(score)
        if (name === 'ours') worst.push(...bad.slice(0, options.worst))
      }
      await contestant.close()
    }
  }
  return { scores, worst }
}

async function ask(
  contestant: Contestant,
  { kind, clean, pooled, queries }: JudgedSet,
  { name }: Catalog,
  contestantName: string,
) {
  const answers: (Bad & { recall50: number; rank: number; empty: number })[] = []
  for (const { query, grades } of queries) {
    const found = await contestant.find(query, DEPTH, pooled ? [...grades.keys()] : null)
    const judged = pooled ? found.filter((id) => grades.has(id)) : found
    answers.push({
      catalog: name,
      kind,
      query,
      ndcg10: ndcg(judged, grades),
      found: found.slice(0, 5),
      recall50: recall(found, grades, DEPTH),
      rank: reciprocalRank(found, grades),
      empty: found.length === 0 ? 1 : 0,
    })
  }
  const mean = (read: (one: (typeof answers)[number]) => number) =>
    Number((answers.reduce((sum, one) => sum + read(one), 0) / answers.length).toFixed(4))
  const score: Score = {
    catalog: name,
    kind,
    clean,
    contestant: contestantName,
    queries: answers.length,
    ndcg10: mean(({ ndcg10 }) => ndcg10),
    recall50: pooled && contestantName === 'random' ? null : mean(({ recall50 }) => recall50),
    mrr: mean(({ rank }) => rank),
    empty: mean(({ empty }) => empty),
  }
  const bad = answers
    .sort((a, b) => a.ndcg10 - b.ndcg10)
    .map(({ recall50: _, rank: __, empty: ___, ...one }) => ({ ...one, ndcg10: Number(one.ndcg10.toFixed(3)) }))
  return { score, bad }
}
