import { type SubgraphError, SubgraphFailure } from '../subgraphs/failure.ts'
import type { Errors } from './errors.ts'
import type { Path } from './places.ts'
import type { Fetch } from './plan.ts'

/** What errors of a fetch are told to. */
export interface Reporter {
  errors: Errors
  /** The client's name for a key of the answer that was renamed for planning. */
  clientName(key: string): string
}

/**
 * Tells the errors of one answer at the places of the objects they are about; `places` holds, for each representation, those
 * places. For entities a path is that of the list of entities.
 */
export function reportErrors(
  to: Reporter,
  fetch: Fetch,
  errors: readonly SubgraphError[],
  places: readonly Path[][],
): void {
  for (const error of errors) {
    if (!error.path) {
      reportAll(to, fetch, error, places.flat())
      continue
    }
    if (!fetch.representation) {
      for (const place of places.flat()) reportAt(to, fetch, error, [...place, ...error.path])
      continue
    }
    const [, index, ...rest] = error.path
    const own = typeof index === 'number' ? places[index] : undefined
    if (own) for (const place of own) reportAt(to, fetch, error, [...place, ...rest])
    else reportAll(to, fetch, error, places.flat())
  }
}

/** The subgraph's own error took everything this fetch asked for with it: what is missing besides needs no error of its own. */
export function explainAll(to: Reporter, fetch: Fetch, places: readonly Path[]): void {
  to.errors.explain(missingAt(to, fetch, places))
}

/** Tells that a whole fetch brought nothing: one error, at the first field that is missing; further places are counted. */
export function reportFailure(to: Reporter, fetch: Fetch, failure: SubgraphFailure, places: readonly Path[]): void {
  reportAll(to, fetch, { message: failure.message, extensions: { code: failure.code } }, places)
}

/** A fetch whose answer does not have one entity for each representation. */
export function entitiesMissing(fetch: Fetch): SubgraphFailure {
  return new SubgraphFailure(
    'SUBGRAPH_MALFORMED',
    fetch.service,
    `Subgraph "${fetch.service}" did not answer for every entity.`,
  )
}

function reportAll(to: Reporter, fetch: Fetch, error: Omit<SubgraphError, 'path'>, found: readonly Path[]): void {
  const [field] = fetch.fields
  // They come by entity, and are told as they stand in the answer.
  const places = found.toSorted(byIndexes)
  const missing = isAtRoot(places) || field === undefined ? undefined : to.clientName(field)
  to.errors.addFailure(error.message, missingAt(to, fetch, places), missing, extensionsOf(fetch, error))
}

/** Places of one fetch differ in their indexes only. */
function byIndexes(one: Path, other: Path): number {
  for (let i = 0; i < one.length; i++) {
    const [a, b] = [one[i], other[i]]
    if (typeof a === 'number' && typeof b === 'number' && a !== b) return a - b
  }
  return 0
}

function isAtRoot(places: readonly Path[]): boolean {
  return places.every((place) => place.length === 0)
}

// At the root other fetches have filled the same object, so only the fields of this one are explained.
function missingAt(to: Reporter, fetch: Fetch, places: readonly Path[]): Path[] {
  return (isAtRoot(places) ? fetch.fields.map((name) => [name]) : places).map((path) => clientPath(to, fetch, path))
}

function reportAt(to: Reporter, fetch: Fetch, error: SubgraphError, path: Path): void {
  to.errors.add(error.message, clientPath(to, fetch, path), extensionsOf(fetch, error))
}

function extensionsOf(fetch: Fetch, error: Omit<SubgraphError, 'path'>) {
  return { code: 'DOWNSTREAM_SERVICE_ERROR', ...error.extensions, service: fetch.service }
}

function clientPath(to: Reporter, fetch: Fetch, path: Path): Path {
  return path.map((part) => (typeof part === 'string' ? to.clientName(fetch.renamed.get(part) ?? part) : part))
}
