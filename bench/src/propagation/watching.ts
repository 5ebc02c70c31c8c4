/** Milliseconds since 1970, finer than `Date.now()`. */
export const now = (): number => performance.timeOrigin + performance.now()

/** When which version of which SKU was seen first. */
export class Sightings {
  readonly #seen = new Map<string, { version: number; at: number }[]>()
  /** Versions that came after the same or a newer one. */
  repeated = 0

  see(sku: string, version: number, at: number): void {
    const seen = this.#seen.get(sku) ?? []
    this.#seen.set(sku, seen)
    if (version > (seen.at(-1)?.version ?? -1)) seen.push({ version, at })
    else this.repeated++
  }

  /** The first sighting of this version or a newer one. */
  of(sku: string, version: number): { version: number; at: number } | undefined {
    const seen = this.#seen.get(sku) ?? []
    let [from, to] = [0, seen.length]
    while (from < to) {
      const middle = (from + to) >> 1
      if ((seen[middle]?.version ?? 0) < version) from = middle + 1
      else to = middle
    }
    return seen[from]
  }

  latest(sku: string): number {
    return this.#seen.get(sku)?.at(-1)?.version ?? -1
  }
}
