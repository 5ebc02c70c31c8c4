/** What an operator watches of the index, by the name of its metric; null where it cannot be found out now. */
export interface IndexNumbers {
  /** Changes that wait to be taken into the store. */
  lag: number | null
  parked: number | null
  documents: number
  /** Milliseconds since 1970 of the newest change that is searched. */
  asOf: number | null
  /** Requests that were answered although the index lacked in time what they had seen. */
  late: number
  /** The share of a rebuild that is done; null without one. */
  rebuilt: number | null
}

/** The numbers in the text format of Prometheus; those that are not known are left out. */
export function metricsText(numbers: IndexNumbers): string {
  const lines: string[] = []
  const tell = (name: string, type: 'gauge' | 'counter', help: string, value: number | null): void => {
    if (value !== null) lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, `${name} ${value}`)
  }
  const { lag, parked, documents, asOf, late, rebuilt } = numbers
  tell('search_index_lag', 'gauge', 'Changes that wait to be taken into the store.', lag)
  tell('search_index_parked_events', 'gauge', 'Events that could not be taken and wait for staff.', parked)
  tell('search_index_documents', 'gauge', 'Products that are searched.', documents)
  tell(
    'search_index_as_of_seconds',
    'gauge',
    'When the newest change that is searched happened, Unix time.',
    asOf && asOf / 1000,
  )
  tell('search_late_requests_total', 'counter', 'Requests answered before the index had what they had seen.', late)
  tell('search_index_rebuilt_ratio', 'gauge', 'The share of the rebuild under way that is done.', rebuilt)
  return `${lines.join('\n')}\n`
}
