import type { Departure } from '../cache/cached-run.ts'
import { collectEach } from './contexts.ts'
import { copy, merge } from './merge.ts'
import type { Data } from './own.ts'
import { collect, placesOf } from './places.ts'
import type { Fetch, Request, Selection } from './plan.ts'
import { explainAll, reportErrors, reportFailure } from './report.ts'
import { rewrite } from './rewrites.ts'
import { isWanted, placeOf, type Run, readKept, settle, tagsTogether, textToKeep } from './running.ts'

/** Asks for root fields, or takes what is kept of them; undefined when there is nothing to wait for. */
export function fetchRoot(run: Run, request: Request): Promise<void> | undefined {
  const selection = request.selections[0] as Selection
  const fetch = selection.parts[0] as Fetch
  if (!isWanted(run, fetch)) return undefined
  const objects = run.keepsApart ? collectEach(run.data, fetch.path) : collect(run.data, fetch.path, '__typename')
  if (objects.length === 0) return undefined
  const { policy } = selection
  const { cached } = run
  if (!cached || !policy) {
    cached?.passBy(request.service, placeOf(request))
    return askRoot(run, request, objects, '', undefined)
  }
  const key = cached.prefixOf(policy, run.variable)
  const part = cached.part(request.service, placeOf(request))
  // Of many who waited in vain one asks, and the others wait once more.
  const findOrAsk = (waits: number): Promise<void> | undefined => {
    const kept = cached.find(key)
    if (kept) {
      part.hits++
      takeRoot(run, fetch, objects, readKept(run, kept) as Data)
      return undefined
    }
    const flight = waits > 0 ? cached.flightOf(key) : undefined
    if (!flight) {
      part.misses++
      return askRoot(run, request, objects, key, cached.depart([key]))
    }
    part.joined++
    return flight.landed.then(() => {
      const found = cached.landed(flight, key)
      return found ? takeRoot(run, fetch, objects, readKept(run, found) as Data) : findOrAsk(waits - 1)
    })
  }
  return findOrAsk(2)
}

function askRoot(
  run: Run,
  request: Request,
  objects: readonly Data[],
  key: string,
  departure: Departure | undefined,
): Promise<void> {
  const selection = request.selections[0] as Selection
  const fetch = selection.parts[0] as Fetch
  const places = () => [placesOf(run.data, fetch.path, objects).flat()]
  const { policy } = selection
  return settle(run, request, 1, '', departure, {
    answered({ data, errors, tags }) {
      if (errors.length > 0) reportErrors(run, fetch, errors, places())
      if (!data) return explainAll(run, fetch, places().flat())
      if (departure && policy && errors.length === 0) {
        const given = Object.fromEntries(policy.variables.map((name) => [name, parsed(run.variable(name))]))
        departure.keep(policy, key, textToKeep(data), tagsTogether(policy.tagsOf(given), tags))
      }
      takeRoot(run, fetch, objects, data)
    },
    failed: (failure) => reportFailure(run, fetch, failure, places().flat()),
  })
}

function takeRoot(run: Run, fetch: Fetch, objects: readonly Data[], data: Data): void {
  rewrite(run.types, fetch.outputRewrites, data)
  for (const [index, object] of objects.entries()) {
    merge(run.types, object, index === objects.length - 1 ? data : copy(data))
  }
}

function parsed(json: string | undefined): unknown {
  return json === undefined ? undefined : JSON.parse(json)
}
