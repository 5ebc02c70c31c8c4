// Long because it is one story: requests start, their entities are told and taken, and what went wrong is reported.
import type { Answer } from '../subgraphs/answer.ts'
import type { Call } from '../subgraphs/call.ts'
import type { Subgraphs } from '../subgraphs/client.ts'
import { SubgraphFailure } from '../subgraphs/failure.ts'
import { type Contexts, collectEach, collectInContext } from './contexts.ts'
import { copy, merge } from './merge.ts'
import { type Data, isData } from './own.ts'
import { collect, type Path, placesOf } from './places.ts'
import type { Fetch, Plan, Request, Selection } from './plan.ts'
import { entitiesMissing, explainAll, type Reporter, reportErrors, reportFailure } from './report.ts'
import { rewrite } from './rewrites.ts'
import { withRollouts } from './rollouts.ts'
import type { Types } from './types.ts'

/** One run of a plan: what it reads, and the data and errors it grows. */
export interface Run extends Reporter {
  subgraphs: Subgraphs
  types: Types
  /** The variables as the client sent them, each as JSON, or undefined: subgraphs coerce them again. */
  variable(name: string): string | undefined
  /** The values of the variables that decide `@skip` and `@include`. */
  conditions: ReadonlyMap<string, boolean>
  call: Call
  data: Data
  /** Equal objects at several places stay several. */
  keepsApart?: boolean
}

/** What one selection of a request stands for: representation `n` is the objects `targets[n]`. */
interface Asked {
  selection: Selection
  field: string
  representations: string[]
  targets: Target[][]
}

interface Target {
  part: Fetch
  object: Data
}

/** Runs a plan to its end; subgraph failures become errors of the run and never reject. */
export function runPlan(given: Run, plan: Plan): Promise<void> {
  const { requests } = plan
  const run = plan.isContextual || plan.rollouts.length > 0 ? decided(given, plan) : given
  return new Promise((resolve, reject) => {
    const waitsFor = requests.map(({ after }) => after)
    let left = requests.length
    if (left === 0) resolve()

    function start(request: Request): void {
      try {
        const isRoot = request.selections[0]?.parts[0]?.representation === undefined
        const { contexts } = request.selections[0]?.parts[0] ?? {}
        const work = isRoot
          ? fetchRoot(run, request)
          : contexts
            ? fetchInContexts(run, request, contexts)
            : fetchEntities(run, request)
        if (work) work.then(() => ended(request)).catch(reject)
        else ended(request)
      } catch (error) {
        reject(error)
      }
    }

    function ended(request: Request): void {
      left--
      if (left === 0) resolve()
      for (const index of request.next) {
        waitsFor[index] = (waitsFor[index] as number) - 1
        if (waitsFor[index] === 0) start(requests[index] as Request)
      }
    }

    for (const request of requests) if (request.after === 0) start(request)
  })
}

function decided(run: Run, { rollouts, isContextual }: Plan): Run {
  return { ...run, conditions: withRollouts(run.conditions, rollouts, Math.random()), keepsApart: isContextual }
}

function isWanted(run: Run, fetch: Fetch): boolean {
  for (const { variable, value } of fetch.guards) if ((run.conditions.get(variable) ?? false) !== value) return false
  return true
}

function fetchRoot(run: Run, request: Request): Promise<void> | undefined {
  const fetch = request.selections[0]?.parts[0] as Fetch
  if (!isWanted(run, fetch)) return undefined
  const objects = run.keepsApart ? collectEach(run.data, fetch.path) : collect(run.data, fetch.path, '__typename')
  if (objects.length === 0) return undefined
  const places = () => [placesOf(run.data, fetch.path, objects).flat()]
  return settle(run, request, 1, '', {
    answered({ data, errors }) {
      if (errors.length > 0) reportErrors(run, fetch, errors, places())
      if (!data) return explainAll(run, fetch, places().flat())
      rewrite(run.types, fetch.outputRewrites, data)
      for (const [index, object] of objects.entries()) {
        merge(run.types, object, index === objects.length - 1 ? data : copy(data))
      }
    },
    failed: (failure) => reportFailure(run, fetch, failure, places().flat()),
  })
}

function fetchEntities(run: Run, request: Request): Promise<void> | undefined {
  let mask = 0
  const asked: Asked[] = []
  for (const [index, selection] of request.selections.entries()) {
    const one = ask(run, selection)
    if (one.representations.length === 0) continue
    mask |= 1 << index
    asked.push(one)
  }
  return mask === 0 ? undefined : askFor(run, request, mask, asked, '')
}

/** One request for each set of contextual arguments, which are variables of the whole request. */
function fetchInContexts(run: Run, request: Request, contexts: Contexts): Promise<unknown> | undefined {
  const selection = request.selections[0] as Selection
  const part = selection.parts[0] as Fetch
  if (!isWanted(run, part)) return undefined
  const work: Promise<void>[] = []
  for (const { variables, objects } of collectInContext(run.data, part.path, contexts)) {
    const asked: Asked = { selection, field: '', representations: [], targets: [] }
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
  return settle(run, request, mask, variables, {
    answered: (answer) => {
      for (const one of asked) takeEntities(run, one, answer)
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
  const asked: Asked = { selection, field: '', representations: [], targets: [] }
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
function takeEntities(run: Run, asked: Asked, { data, errors }: Answer): void {
  const own = errors.filter(({ path }) => path?.[0] === asked.field)
  if (own.length > 0) reportEach(run, asked, (fetch, places) => reportErrors(run, fetch, own, places))
  const entities = data?.[asked.field]
  if (Array.isArray(entities) && entities.length === asked.representations.length) {
    const astray: number[] = []
    for (const [index, entity] of entities.entries()) {
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

interface Outcome {
  answered(answer: Answer): void
  failed(failure: SubgraphFailure): void
}

/** Sends the request and tells what came of it; `variables` are those besides the operation's own, as JSON. */
function settle(run: Run, request: Request, mask: number, variables: string, outcome: Outcome): Promise<void> {
  const { head, variables: named } = request.combine(mask)
  let all = variables
  for (const { name, json } of named) {
    const value = run.variable(name)
    if (value !== undefined) all += `${all === '' ? '' : ','}${json}:${value}`
  }
  let { call } = run
  if (request.repeatable !== call.repeatable) call = { ...call, repeatable: request.repeatable }
  if (call.trace) call = { ...call, place: placeOf(request) }
  return run.subgraphs.send(request.service, `${head}${all}}}`, call).then(outcome.answered, (error: unknown) => {
    if (!(error instanceof SubgraphFailure)) throw error
    outcome.failed(error)
  })
}

/** Where the objects of a request are, for people who read traces. */
function placeOf({ selections }: Request): string {
  return [...new Set(selections.flatMap(({ parts }) => parts.map(({ path }) => path.join('.'))))].join(' ')
}
