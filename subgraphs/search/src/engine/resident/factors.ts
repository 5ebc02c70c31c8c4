import { WEIGHTS } from './weights.ts'

/** What a popularity adds to a score: half the most at the usual one, more of it ever less. */
export function popularityShare(popularity: number): number {
  if (!(popularity > 0)) return 0
  const logarithm = Math.log1p(popularity)
  return (WEIGHTS.popularity * logarithm) / (logarithm + USUAL)
}

/** What of a product's freshness does not depend on when it is asked: doubles with each half-life that it was made later. */
export function newness(createdAt: number): number {
  return 2 ** ((createdAt - SOME_DAY) / HALF_LIFE_MS)
}

/** What the age of products adds to their scores, by their newness. */
export function freshnessAt(now: number): (newness: number) => number {
  const faded = WEIGHTS.freshness * 2 ** ((SOME_DAY - now) / HALF_LIFE_MS)
  return (newness) => Math.min(WEIGHTS.freshness, newness * faded)
}

const HALF_LIFE_MS = WEIGHTS.halfLifeDays * 86_400_000
/** Any near which numbers stay small: 2026-01-01. */
const SOME_DAY = 1_767_225_600_000

const USUAL = Math.log1p(WEIGHTS.usualPopularity)
