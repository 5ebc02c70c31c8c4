import { type Random, seeded, shuffled } from '@commerce/local/shop/random.ts'
import type { Catalog } from '../catalogs.ts'
import { type Judged, type Kind, kinds } from './kinds.ts'
import { shop } from './shop.ts'
import { Texts } from './texts.ts'
import { EDITS, misspelled, swapped } from './typos.ts'

/** Products are halved between them: what an engine is tuned on is not what it is measured on. */
export type Split = 'tune' | 'test'

/** Queries of one kind. `clean`: the kind whose queries these are, misspelled, one for one. */
export interface JudgedSet {
  kind: string
  clean: string | null
  /** Only what has a grade, 0 included, is judged: other hits are passed over (a condensed list; Sakai 2007). */
  pooled: boolean
  queries: readonly Judged[]
}

const all: Readonly<Record<string, Kind>> = { shop, ...kinds }
const POOLED = ['shop']
/** Kinds that are asked again with mistakes. */
const MISSPELLED = ['part', 'description']
const SWAPPED = ['shop', 'title', 'part', 'mixed', 'description']
const TRIES = 60

/** Up to `count` queries of each kind, always the same ones for the same catalog, split and seed. Kinds that the catalog cannot give are left out. */
export function judgedSets(catalog: Catalog, split: Split, count: number, seed: number): JudgedSet[] {
  const texts = new Texts(catalog.documents)
  const own = catalog.documents.filter(({ productId }) => splitOf(productId) === split)
  const isWord = (word: string) => texts.frequency(word) > 0
  const sets: JudgedSet[] = []
  for (const [name, kind] of Object.entries(all)) {
    const random = seeded(hash(`${seed} ${split} ${name}`))
    const queries = new Map<string, Judged>()
    for (const product of shuffled(random, own).slice(0, count * TRIES)) {
      if (queries.size === count) break
      const one = kind(product, texts, random)
      if (one) queries.set(one.query, one)
    }
    if (queries.size < Math.min(10, count)) continue
    const clean = [...queries.values()]
    const pooled = POOLED.includes(name)
    sets.push({ kind: name, clean: null, pooled, queries: clean })
    if (MISSPELLED.includes(name)) {
      for (const edit of EDITS) {
        const spell = (word: string) => misspelled(word, edit, random, isWord) ?? word
        sets.push({ kind: `${name}: ${edit}`, clean: name, pooled, queries: clean.map((one) => typed(one, spell)) })
      }
    }
    if (SWAPPED.includes(name)) {
      sets.push({
        kind: `${name}: swapped`,
        clean: name,
        pooled,
        queries: clean.map((one) => typed(one, swapWith(random))),
      })
    }
  }
  return sets
}

function swapWith(random: Random): (word: string) => string {
  return (word) => swapped(word, random)
}

function typed(judged: Judged, spell: (word: string) => string): Judged {
  return { ...judged, query: judged.query.split(' ').map(spell).join(' ') }
}

function splitOf(productId: string): Split {
  return hash(productId) % 2 === 0 ? 'tune' : 'test'
}

/** FNV-1a, mixed once more so that its low bits are as good as the others. */
function hash(text: string): number {
  let value = 2166136261
  for (let n = 0; n < text.length; n++) value = Math.imul(value ^ text.charCodeAt(n), 16777619)
  value = Math.imul(value ^ (value >>> 16), 0x45d9f3b)
  return (value ^ (value >>> 15)) >>> 0
}
