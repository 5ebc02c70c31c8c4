/** One line of a metric: its value under some labels; a histogram's lines also carry the end of their name. */
export interface Sample {
  labels: Readonly<Record<string, string | number>>
  value: number
  suffix?: '_bucket' | '_sum' | '_count'
}

/** A published metric. `read` is called when somebody looks, so that counting costs nothing but an addition. */
export interface Family {
  /** With its unit, in base units, and `_total` when it only rises. */
  name: string
  help: string
  type: 'counter' | 'gauge' | 'histogram'
  read(): Sample[]
}

/** Seconds: the semantic conventions' bounds for HTTP, and two below, where most of a gateway's own answers are. */
const bounds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10]

/**
 * How long something took, counted in buckets. Written instead of used because an observation of the metrics library
 * hashes labels each time and costs fifty times as much.
 */
export class Histogram {
  readonly #counts = new Array<number>(bounds.length + 1).fill(0)
  #sum = 0

  observe(ms: number): void {
    const seconds = ms / 1000
    let index = 0
    while (index < bounds.length && seconds > (bounds[index] as number)) index++
    ;(this.#counts[index] as number)++
    this.#sum += seconds
  }

  samples(labels: Sample['labels']): Sample[] {
    let count = 0
    const buckets = this.#counts.map((more, index): Sample => {
      count += more
      return { suffix: '_bucket', labels: { ...labels, le: bounds[index] ?? '+Inf' }, value: count }
    })
    if (count === 0) return []
    return [...buckets, { suffix: '_sum', labels, value: this.#sum }, { suffix: '_count', labels, value: count }]
  }
}

/** Histograms of one metric with up to two labels of fixed values, each found by its place in the lists. */
export class HistogramTable<A extends string, B extends string> {
  readonly #rows: readonly [A, B, Histogram][]
  readonly #first: ReadonlyMap<A, number>
  readonly #second: ReadonlyMap<B, number>

  constructor(first: readonly A[], second: readonly B[]) {
    this.#first = new Map(first.map((value, index) => [value, index * second.length]))
    this.#second = new Map(second.map((value, index) => [value, index]))
    this.#rows = first.flatMap((a) => second.map((b): [A, B, Histogram] => [a, b, new Histogram()]))
  }

  observe(first: A, second: B, ms: number): void {
    const index = (this.#first.get(first) as number) + (this.#second.get(second) as number)
    this.#rows[index]?.[2].observe(ms)
  }

  samples(label: (first: A, second: B) => Sample['labels']): Sample[] {
    return this.#rows.flatMap(([a, b, histogram]) => histogram.samples(label(a, b)))
  }
}
