import { WEIGHTS } from './weights.ts'

/** What a popularity adds to a score: half the most at the usual one, more of it ever less. */
export function popularityShare(popularity: number): number {
  if (!(popularity > 0)) return 0
  const logarithm = Math.log1p(popularity)
  return (WEIGHTS.popularity * logarithm) / (logarithm + USUAL)
}

/** What the age of a product adds to its score. */
export function freshness(createdAt: number, now: number): number {
  const days = Math.max(0, now - createdAt) / 86_400_000
  return WEIGHTS.freshness * 2 ** (-days / WEIGHTS.halfLifeDays)
}

const USUAL = Math.log1p(WEIGHTS.usualPopularity)
