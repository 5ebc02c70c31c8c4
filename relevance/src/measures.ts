/** How relevant products are to a query, by product id: 3 what was meant, 1 related; what is missing is not relevant. */
export type Grades = ReadonlyMap<string, number>

/**
 * Normalised discounted cumulative gain of the first `depth` hits, 0 to 1 (gain 2^grade - 1; Järvelin and Kekäläinen 2002, as Burges et al. 2005
 * weight it). 1 when nothing is relevant.
 */
export function ndcg(hits: readonly string[], grades: Grades, depth = 10): number {
  const ideal = [...grades.values()].sort((a, b) => b - a).slice(0, depth)
  const best = gain(ideal)
  return best === 0 ? 1 : gain(hits.slice(0, depth).map((id) => grades.get(id) ?? 0)) / best
}

/** What share of the products with the best grade is among the first `depth` hits; of those that fit there when they are more. */
export function recall(hits: readonly string[], grades: Grades, depth = 50): number {
  const wanted = best(grades)
  if (wanted.size === 0) return 1
  return hits.slice(0, depth).filter((id) => wanted.has(id)).length / Math.min(depth, wanted.size)
}

/** One divided by the place of the first hit with the best grade; 0 without one. */
export function reciprocalRank(hits: readonly string[], grades: Grades): number {
  const wanted = best(grades)
  return 1 / (hits.findIndex((id) => wanted.has(id)) + 1 || Number.POSITIVE_INFINITY)
}

function best(grades: Grades): Set<string> {
  const top = Math.max(0, ...new Set(grades.values()))
  return new Set([...grades].flatMap(([id, grade]) => (grade === top && grade > 0 ? [id] : [])))
}

function gain(grades: readonly number[]): number {
  return grades.reduce((sum, grade, place) => sum + (2 ** grade - 1) / Math.log2(place + 2), 0)
}
