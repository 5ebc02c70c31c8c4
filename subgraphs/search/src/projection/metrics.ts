import { Counter, Gauge, Histogram, Registry } from 'prom-client'

/** What an operator watches of the index; null where it cannot be found out now. */
export interface IndexNumbers {
  /** Changes that wait to be taken into the store. */
  lag: number | null
  parked: number | null
  documents: number | null
  /** Milliseconds since 1970 of the newest change that is searched. */
  asOf: number | null
  /** Requests that were answered although the index lacked in time what they had seen. */
  late: number
  /** The share of a rebuild that is done; null without one. */
  rebuilt: number | null
}

export interface IndexMetrics {
  /** Counts a change that is searched since so many milliseconds after its transaction began. */
  searchable(afterMs: number): void
  /** Everything in the text format of Prometheus; numbers that are not known are left out. */
  text(): Promise<string>
}

const BUCKETS_S = [0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1, 5, 30]

/** The metrics of one process's index; `read` is asked at each scrape. */
export function createIndexMetrics(read: () => Promise<IndexNumbers>): IndexMetrics {
  const lasting = new Registry()
  const delay = new Histogram({
    name: 'search_change_searchable_seconds',
    help: 'From the beginning of the transaction that changed something until the change is searched.',
    buckets: BUCKETS_S,
    registers: [lasting],
  })

  return {
    // Clocks of two machines may differ.
    searchable: (afterMs) => delay.observe(Math.max(0, afterMs) / 1_000),
    async text() {
      const { lag, parked, documents, asOf, late, rebuilt } = await read()
      const now = new Registry()
      const gauge = (name: string, help: string, value: number | null): void => {
        if (value !== null) new Gauge({ name, help, registers: [now] }).set(value)
      }
      gauge('search_index_lag', 'Changes that wait to be taken into the store.', lag)
      gauge('search_index_parked_events', 'Events that could not be taken and wait for staff.', parked)
      gauge('search_index_documents', 'Products that are searched.', documents)
      gauge(
        'search_index_as_of_seconds',
        'When the newest change that is searched happened, Unix time.',
        asOf === null ? null : asOf / 1_000,
      )
      gauge('search_index_rebuilt_ratio', 'The share of the rebuild under way that is done.', rebuilt)
      new Counter({
        name: 'search_late_requests_total',
        help: 'Requests answered before the index had what they had seen.',
        registers: [now],
      }).inc(late)
      return Registry.merge([lasting, now]).metrics()
    },
  }
}
