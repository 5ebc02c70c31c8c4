/** All words of the index with small ids, from 0 without gaps; never removed, the caller filters by frequency. */
export interface Vocabulary {
  readonly size: number
  idOf(word: string): number | undefined
  add(word: string): number
  wordOf(id: number): string
  withStem(stem: string): readonly number[]
  /** At most `limit` words that begin like this, the most frequent first; those with frequency 0 are left out. */
  withPrefix(prefix: string, limit: number): readonly number[]
  /** Words at optimal string alignment distance 1..edits (0 too with `prefix`: then the beginning of a word may match). Words with digits are never near. */
  near(word: string, edits: 1 | 2, prefix: boolean): readonly { id: number; edits: number }[]
}

export function createVocabulary(_stemOf: (word: string) => string, _frequencyOf: (id: number) => number): Vocabulary {
  throw new Error('@TODO in the next commit')
}
