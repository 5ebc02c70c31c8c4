import { isDeepStrictEqual } from 'node:util'
import {
  type FacetRequest,
  PositionError,
  type SearchAnswer,
  type SearchEngine,
  type SearchRequest,
} from '../engine/port.ts'
import { InputError } from './filters.ts'
import { foreignCursor } from './search.ts'

/** One search of a request: the engine is asked once for everything that is asked for at the same time. */
export interface Searching {
  /** The page, how many there are, and what is said about the query. */
  answer(): Promise<SearchAnswer>
  /** The counts of facets; those asked for first come with the page. */
  counts(wanted: FacetRequest): Promise<SearchAnswer['facets']>
}

/** Begins when something is asked for. `searched` is told what the page came to. */
export function createSearching(
  engine: Pick<SearchEngine, 'search'>,
  request: SearchRequest,
  searched: (answer: SearchAnswer) => void,
): Searching {
  let facets: FacetRequest | null = null
  let isSent = false
  let answer: Promise<SearchAnswer> | undefined

  async function send(): Promise<SearchAnswer> {
    // Whoever asks in the same turn, such as all fields of one object, is heard before.
    await Promise.resolve()
    isSent = true
    try {
      const found = await engine.search({ ...request, facets })
      searched(found)
      return found
    } catch (error) {
      throw error instanceof PositionError ? new InputError(foreignCursor(request.sort)) : error
    }
  }

  function ask(): Promise<SearchAnswer> {
    answer ??= send()
    return answer
  }

  return {
    answer: ask,
    async counts(wanted) {
      if (!isSent) facets ??= wanted
      if (isDeepStrictEqual(facets, wanted)) return (await ask()).facets
      const slice = { limit: 1, backward: false, position: null }
      return (await engine.search({ ...request, slice, facets: wanted, explain: false })).facets
    },
  }
}
