/*
 * All words of the index: exact by a map, by stem by another, by beginning and by nearness over one trie. Ids count from 0 without
 * gaps and stay; a word that no document holds any more has frequency 0 and is not answered.
 */
import { type Near, type Walk, walkNear } from './near.ts'
import { createTrie, END, type Trie } from './trie.ts'

/** Words with small ids. Looking up is fast at 500,000 of them: `near` and `withPrefix` take well under a millisecond. */
export interface Vocabulary {
  readonly size: number
  idOf(word: string): number | undefined
  /** The id of a word, a new one when it is new. */
  add(word: string): number
  wordOf(id: number): string
  withStem(stem: string): readonly number[]
  /**
   * At most `limit` words that begin like this, the most frequent first; those with frequency 0 are left out. Of beginnings with more
   * than 4,096 words the best 256 are remembered, and their frequencies may be those of a while ago.
   */
  withPrefix(prefix: string, limit: number): readonly number[]
  /** Words that end like this and are longer, as `withPrefix`: the compounds of a word. */
  withEnding(ending: string, limit: number): readonly number[]
  /**
   * At most `limit` words at optimal string alignment distance 1..edits, the nearest first, then the most frequent. With `prefix` a
   * beginning of the word may be that near, at distance 0 too; of two edits at most one may then lie in the first half of `word`, unless the
   * whole word is that near. Words with digits and words with frequency 0 are left out; `word` of more than 40 letters has no near ones.
   */
  near(word: string, edits: 1 | 2, prefix: boolean, limit?: number): readonly Near[]
}

const NEAR_LIMIT = 50
const MAX_NEAR_LETTERS = 40
const REMEMBERED = 256
const MANY_WORDS = 4_096
const MAX_REMEMBERED_PREFIXES = 1_000

/** An empty vocabulary. `frequencyOf` says how many documents hold a word. */
export function createVocabulary(stemOf: (word: string) => string, frequencyOf: (id: number) => number): Vocabulary {
  const words: string[] = []
  const ids = new Map<string, number>()
  const stems = new Map<string, number[]>()
  const forward = createIndex((id, depth) => letterOf(words[id] as string, depth), frequencyOf)
  const backward = createIndex(
    (id, depth) => letterOf(words[id] as string, (words[id] as string).length - 1 - depth),
    frequencyOf,
  )

  /** Two edits: at most one of them in the first half, or none in the second half, which is then looked up from the end. */
  function near(word: string, edits: 1 | 2, prefix: boolean, found: (id: number, edits: number) => void): void {
    const letters = word.length >> 1
    const isHalved = edits === 2 && letters > 1
    // One letter less, so that two letters swapped across the middle are found from the front.
    forward.near(
      { pattern: word, edits, prefix, first: isHalved ? { letters: letters - 1, edits: 1 } : null },
      '',
      found,
    )
    if (isHalved)
      backward.near(
        { pattern: reverse(word.slice(0, letters)), edits, prefix: false, first: null },
        reverse(word.slice(letters)),
        found,
      )
  }

  return {
    get size() {
      return words.length
    },
    idOf: (word) => ids.get(word),
    wordOf: (id) => words[id] as string,
    add(word) {
      const known = ids.get(word)
      if (known !== undefined) return known
      const id = words.length
      words.push(word)
      ids.set(word, id)
      const stem = stemOf(word)
      const sameStem = stems.get(stem)
      if (sameStem) sameStem.push(id)
      else stems.set(stem, [id])
      forward.insert(id)
      backward.insert(id)
      return id
    },
    withStem: (stem) => stems.get(stem) ?? [],
    withPrefix: (prefix, limit) => forward.mostFrequent(prefix, limit),
    withEnding: (ending, limit) =>
      backward
        .mostFrequent(reverse(ending), limit + 1)
        .filter((id) => words[id] !== ending)
        .slice(0, limit),
    near(word, edits, prefix, limit = NEAR_LIMIT) {
      if (word.length === 0 || word.length > MAX_NEAR_LETTERS || /[0-9]/.test(word)) return []
      const best = createBest(limit)
      const lowest = new Map<number, number>()
      near(word, edits, prefix, (id, distance) => {
        const known = lowest.get(id)
        if (known === undefined || distance < known) lowest.set(id, distance)
      })
      for (const [id, distance] of lowest) if (distance > 0 || prefix) best.offer(id, distance, frequencyOf(id))
      return best.take()
    },
  }
}

type LetterAt = (id: number, depth: number) => number
type Found = (id: number, edits: number) => void

interface Index {
  insert(id: number): void
  /** Words that begin with `beginning` and whose rest is near the pattern. */
  near(walk: Pick<Walk, 'pattern' | 'edits' | 'prefix' | 'first'>, beginning: string, found: Found): void
  mostFrequent(beginning: string, limit: number): readonly number[]
}

function createIndex(letterAt: LetterAt, frequencyOf: (id: number) => number): Index {
  const trie: Trie = createTrie(letterAt)
  const remembered = new Map<string, { ids: readonly number[]; uses: number; count: number }>()

  function best(node: number, limit: number): readonly number[] {
    const found = createBest(limit)
    const offer = (id: number) => found.offer(id, 0, frequencyOf(id))
    const own = trie.leaf(node)
    if (own !== -1) offer(own)
    else walk(node, offer)
    return found.take().map(({ id }) => id)
  }

  function walk(node: number, offer: (id: number) => void): void {
    for (let child = trie.first(node); child !== 0; child = trie.next(child)) {
      const id = trie.leaf(child)
      if (id === -1) walk(child, offer)
      else offer(id)
    }
  }

  /** Which words are frequent changes slowly: looked for again after every 1,000 uses, or when a sixteenth more words came. */
  function rememberedBest(beginning: string, node: number): readonly number[] {
    const count = trie.count(node)
    const known = remembered.get(beginning)
    if (known && known.uses++ < 1_000 && count <= known.count + (known.count >> 4)) return known.ids
    if (remembered.size >= MAX_REMEMBERED_PREFIXES) remembered.clear()
    const ids = best(node, REMEMBERED)
    remembered.set(beginning, { ids, uses: 0, count })
    return ids
  }

  return {
    insert: trie.insert,
    near(walk, beginning, found) {
      const node = trie.find(beginning)
      if (node === null) return
      walkNear({ ...walk, trie, letterAt, from: { node, depth: beginning.length } }, found)
    },
    mostFrequent(beginning, limit) {
      const node = trie.find(beginning)
      if (node === null) return []
      if (trie.count(node) <= MANY_WORDS || limit > REMEMBERED) return best(node, limit)
      return rememberedBest(beginning, node)
        .filter((id) => frequencyOf(id) > 0)
        .slice(0, limit)
    },
  }
}

/** Keeps the best of what it is offered: fewer edits, then higher frequency, then the lower id. */
function createBest(limit: number): { offer(id: number, edits: number, frequency: number): void; take(): Near[] } {
  let kept: { id: number; edits: number; frequency: number }[] = []
  let worst: { id: number; edits: number; frequency: number } | undefined
  type Kept = (typeof kept)[number]
  const compare = (a: Kept, b: Kept) => a.edits - b.edits || b.frequency - a.frequency || a.id - b.id
  function cut(): void {
    kept = kept.sort(compare).slice(0, limit)
    worst = kept.length === limit ? kept[limit - 1] : undefined
  }
  return {
    offer(id, edits, frequency) {
      if (frequency <= 0 || limit <= 0) return
      const one = { id, edits, frequency }
      if (worst && compare(one, worst) > 0) return
      kept.push(one)
      if (kept.length >= limit * 2) cut()
    },
    take() {
      cut()
      return kept.map(({ id, edits }) => ({ id, edits }))
    },
  }
}

function letterOf(word: string, depth: number): number {
  return depth >= 0 && depth < word.length ? word.charCodeAt(depth) : END
}

/** By UTF-16 units, as the endings are kept. */
function reverse(word: string): string {
  return word.split('').reverse().join('')
}
