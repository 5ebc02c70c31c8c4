// Long because it is one story: objects are told to a subgraph, and its entities, kept ones or errors are given to them.
import type { CachedRun, Departure, Kept } from '../cache/cached-run.ts'
import type { Answer } from '../subgraphs/answer.ts'
import { type Contexts, collectEach, collectInContext } from './contexts.ts'
import { copy, merge } from './merge.ts'
import { type Data, isData } from './own.ts'
import { collect, type Path, placesOf } from './places.ts'
import type { Fetch, Request, Selection } from './plan.ts'
import { entitiesMissing, explainAll, reportErrors, reportFailure } from './report.ts'
import { rewrite } from './rewrites.ts'
import { isWanted, placeOf, type Run, readKept, settle, tagsTogether, textToKeep } from './running.ts'

/** What one selection of a request stands for: representation `n` is the objects `targets[n]`. */
interface Asked {
  selection: Selection
  field: string
  representations: string[]
  targets: Target[][]
  /** Under what the entities are kept; empty when they are not. */
  keys: string[]
}

/** Nothing yet. */
function asking(selection: Selection): Asked {
  return { selection, field: '', representations: [], targets: [], keys: [] }
}

interface Target {
  part: Fetch
  object: Data
}

/** Asks for the entities of a request that are not kept; undefined when there is nothing to wait for. */
export function fetchEntities(run: Run, request: Request): Promise<unknown> | undefined {
  const asked = request.selections.map((selection) => ask(run, selection))
  const joined = run.cached ? asked.flatMap((one) => takeKnown(run, request, one, run.cached as CachedRun)) : []
  const work = askAll(run, request, asked)
  return joined.length === 0 ? work : Promise.all([work, takeJoined(run, request, joined)])
}

/** One request for all that is asked; undefined when that is nothing. */
function askAll(run: Run, request: Request, all: readonly Asked[]): Promise<void> | undefined {
  let mask = 0
  for (const [index, { representations }] of all.entries()) if (representations.length > 0) mask |= 1 << index
  const asked = all.filter(({ representations }) => representations.length > 0)
  return mask === 0 ? undefined : askFor(run, request, mask, asked, '')
}

/** An entity that another run has asked for. */
interface Joined {
  selection: Selection
  representation: string
  targets: Target[]
  key: string
  flight: NonNullable<ReturnType<CachedRun['flightOf']>>
}

/** Gives objects the entities that are kept, and leaves in `asked` what has to be asked for; returns what others are asking for. */
function takeKnown(run: Run, request: Request, asked: Asked, cached: CachedRun): Joined[] {
  const { selection, representations, targets } = asked
  const { policy } = selection
  if (representations.length === 0) return []
  if (!policy) {
    cached.passBy(request.service, placeOf(request))
    return []
  }
  const part = cached.part(request.service, placeOf(request))
  const prefix = cached.prefixOf(policy, run.variable)
  const joined: Joined[] = []
  const missing = asking(selection)
  for (const [index, representation] of representations.entries()) {
    const key = prefix + representation
    const own = targets[index] as Target[]
    const kept = cached.find(key)
    if (kept) {
      part.hits++
      takeKept(run, selection, kept, own)
      continue
    }
    const flight = cached.flightOf(key)
    if (flight) joined.push({ selection, representation, targets: own, key, flight })
    else {
      missing.representations.push(representation)
      missing.targets.push(own)
      missing.keys.push(key)
    }
  }
  part.joined += joined.length
  part.misses += missing.keys.length
  if (missing.keys.length > 0 && missing.keys.length < representations.length) cached.partial()
  Object.assign(asked, missing)
  return joined
}

/**
 * Waits for what others are asking for. What they did not get is waited for once more when somebody asks for it by now, so that of many who
 * waited one asks; the second time each asks for itself.
 */
async function takeJoined(run: Run, request: Request, joined: readonly Joined[], isSecond = false): Promise<void> {
  await Promise.all(new Set(joined.map(({ flight }) => flight.landed)))
  const again = request.selections.map(asking)
  for (const { selection, representation, targets, key, flight } of joined) {
    const kept = run.cached?.landed(flight, key)
    if (kept) {
      takeKept(run, selection, kept, targets)
      continue
    }
    const asked = again.find((one) => one.selection === selection)
    asked?.representations.push(representation)
    asked?.targets.push(targets)
    asked?.keys.push(key)
  }
  const { cached } = run
  const others = isSecond || !cached ? [] : again.flatMap((one) => takeKnown(run, request, one, cached))
  const work = askAll(run, request, again)
  await (others.length === 0 ? work : Promise.all([work, takeJoined(run, request, others, true)]))
}

function takeKept(run: Run, selection: Selection, kept: Kept, targets: readonly Target[]): void {
  const entity = readKept(run, kept)
  if (isData(entity)) mergeEntity(run, selection, entity, targets)
}

/** One request for each set of contextual arguments, which are variables of the whole request. */
export function fetchInContexts(run: Run, request: Request, contexts: Contexts): Promise<unknown> | undefined {
  const selection = request.selections[0] as Selection
  const part = selection.parts[0] as Fetch
  if (!isWanted(run, part)) return undefined
  run.cached?.passBy(request.service, placeOf(request))
  const work: Promise<void>[] = []
  for (const { variables, objects } of collectInContext(run.data, part.path, contexts)) {
    const asked = asking(selection)
    represent(asked, part, objects)
    if (asked.representations.length > 0) work.push(askFor(run, request, 1, [asked], variables))
  }
  return work.length === 0 ? undefined : Promise.all(work)
}

/** Sends what is asked, with `given` variables as JSON, and takes the entities that come. */
function askFor(run: Run, request: Request, mask: number, asked: readonly Asked[], given: string): Promise<void> {
  const { names } = request.combine(mask)
  let variables = given
  let next = 0
  for (const name of names) {
    if (!name) continue
    const one = asked[next++] as Asked
    one.field = name.field
    variables += `${variables === '' ? '' : ','}${name.variable}:[${one.representations.join(',')}]`
  }
  const keys = asked.flatMap((one) => one.keys)
  const departure = keys.length > 0 ? run.cached?.depart(keys) : undefined
  return settle(run, request, mask, variables, departure, {
    answered: (answer) => {
      let before = 0
      for (const one of asked) {
        takeEntities(run, one, answer, departure, answer.entityTags.slice(before))
        before += one.representations.length
      }
      if (answer.errors.length === 0) return
      // An error that says of no selection where it happened is about all of them.
      const astray = answer.errors
        .filter((error) => !asked.some(({ field }) => error.path?.[0] === field))
        .map((error) => ({ ...error, path: undefined }))
      for (const one of asked) reportEach(run, one, (fetch, places) => reportErrors(run, fetch, astray, places))
    },
    failed: (failure) => {
      for (const one of asked)
        reportEach(run, one, (fetch, places) => reportFailure(run, fetch, failure, places.flat()))
    },
  })
}

/** The distinct representations of all objects that wait for a selection. */
function ask(run: Run, selection: Selection): Asked {
  const asked = asking(selection)
  const seen = new Map<string, number>()
  for (const part of selection.parts) {
    const { representation, path } = part
    if (!representation || !isWanted(run, part)) continue
    const objects = run.keepsApart ? collectEach(run.data, path) : collect(run.data, path, representation.identity)
    represent(asked, part, objects, seen)
  }
  return asked
}

function represent(asked: Asked, part: Fetch, objects: readonly Data[], seen = new Map<string, number>()): void {
  for (const object of objects) {
    const text = part.representation?.textOf(object) ?? null
    if (text === null) continue
    const known = seen.get(text)
    if (known !== undefined) asked.targets[known]?.push({ part, object })
    else {
      seen.set(text, asked.representations.length)
      asked.representations.push(text)
      asked.targets.push([{ part, object }])
    }
  }
}

/** Gives each object the entity that was answered for it, and tells the errors under its selection. */
function takeEntities(
  run: Run,
  asked: Asked,
  { data, errors }: Answer,
  departure: Departure | undefined,
  tags: readonly (readonly string[])[],
): void {
  const own = errors.filter(({ path }) => path?.[0] === asked.field)
  if (own.length > 0) reportEach(run, asked, (fetch, places) => reportErrors(run, fetch, own, places))
  const entities = data?.[asked.field]
  if (Array.isArray(entities) && entities.length === asked.representations.length) {
    const astray: number[] = []
    for (const [index, entity] of entities.entries()) {
      if (departure && errors.length === 0) keepEntity(asked, index, entity, departure, tags[index] ?? [])
      if (isData(entity)) mergeEntity(run, asked.selection, entity, asked.targets[index] as Target[])
      else if (entity !== null) astray.push(index)
    }
    if (astray.length > 0) {
      reportEach(run, asked, (fetch, places) => {
        const found = astray.flatMap((index) => places[index] ?? [])
        if (found.length > 0) reportFailure(run, fetch, entitiesMissing(fetch), found)
      })
    }
  } else if (errors.length === 0) {
    reportEach(run, asked, (fetch, places) => reportFailure(run, fetch, entitiesMissing(fetch), places.flat()))
  } else reportEach(run, asked, (fetch, places) => explainAll(run, fetch, places.flat()))
}

function keepEntity(
  { selection: { policy }, representations, keys }: Asked,
  index: number,
  entity: unknown,
  departure: Departure,
  tags: readonly string[],
): void {
  const key = keys[index]
  if (!policy || key === undefined || (!isData(entity) && entity !== null)) return
  const own = policy.tagsOf(JSON.parse(representations[index] as string))
  departure.keep(policy, key, textToKeep(entity), tagsTogether(own, tags))
}

function mergeEntity(run: Run, selection: Selection, entity: Data, targets: readonly Target[]): void {
  if (selection.outputRewrites.length > 0) rewrite(run.types, selection.outputRewrites, entity)
  const name = entity.__typename
  // A subgraph that knows an interface as an object must not undo the concrete type found elsewhere.
  if (name !== undefined && (typeof name !== 'string' || !run.types.isConcrete(name))) {
    if (targets.every(({ object }) => typeof object.__typename === 'string')) delete entity.__typename
  }
  // One answer for several places: each must own what later fetches add to it.
  for (let i = 0; i < targets.length; i++) {
    merge(run.types, (targets[i] as Target).object, i === targets.length - 1 ? entity : copy(entity))
  }
}

/** Calls `report` for each fetch behind a selection, with the places of its objects by representation. */
function reportEach(run: Run, asked: Asked, report: (fetch: Fetch, places: Path[][]) => void): void {
  for (const part of asked.selection.parts) {
    const objects = asked.targets.flatMap((targets) =>
      targets.flatMap((one) => (one.part === part ? [one.object] : [])),
    )
    if (objects.length === 0) continue
    const places = new Map(placesOf(run.data, part.path, objects).map((found, index) => [objects[index], found]))
    report(
      part,
      asked.targets.map((targets) =>
        targets.flatMap((one) => (one.part === part ? (places.get(one.object) ?? []) : [])),
      ),
    )
  }
}
