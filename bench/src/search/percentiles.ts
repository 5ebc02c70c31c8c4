/** Values in milliseconds that so many percent of all do not exceed (nearest rank), to a hundredth; null of nothing. */
export function percentilesOf(values: readonly number[]): Record<'p50' | 'p95' | 'p99' | 'max', number | null> {
  const sorted = values.toSorted((a, b) => a - b)
  const at = (percent: number) => {
    const value = sorted[Math.max(0, Math.ceil((sorted.length * percent) / 100) - 1)]
    return value === undefined ? null : Number(value.toFixed(2))
  }
  return { p50: at(50), p95: at(95), p99: at(99), max: at(100) }
}
