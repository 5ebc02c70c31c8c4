import type { Answer } from './answer.ts'
import { SubgraphFailure } from './errors.ts'
import { copy, merge } from './merge.ts'
import { type Data, isData } from './own.ts'
import { objectsAt, type Path, pathsAt } from './places.ts'
import type { Fetch, Step } from './plan.ts'
import { entitiesMissing, explainAll, type Reporter, reportErrors, reportFailure } from './report.ts'
import { batch } from './representations.ts'
import { rewrite } from './rewrites.ts'
import type { Subgraphs } from './subgraphs.ts'
import type { Types } from './types.ts'

/** One run of a plan: what it reads, and the data and errors it grows. */
export interface Run extends Reporter {
  subgraphs: Subgraphs
  types: Types
  /** The variables as the client sent them: subgraphs coerce them again. */
  variables: Readonly<Record<string, unknown>>
  /** The values of the variables that decide `@skip` and `@include`. */
  conditions: ReadonlyMap<string, boolean>
  headers: Readonly<Record<string, string>>
  data: Data
}

/** Runs a plan to its end; subgraph failures become errors of the run and never reject. */
export async function runPlan(run: Run, step: Step): Promise<void> {
  switch (step.kind) {
    case 'sequence':
      for (const child of step.steps) await runPlan(run, child)
      return
    case 'parallel':
      await Promise.all(step.steps.map((child) => runPlan(run, child)))
      return
    case 'condition': {
      const chosen = run.conditions.get(step.variable) ? step.yes : step.no
      if (chosen) await runPlan(run, chosen)
      return
    }
    case 'fetch':
      await (step.requires ? fetchEntities(run, step, step.requires) : fetchRoot(run, step))
  }
}

async function fetchRoot(run: Run, fetch: Fetch): Promise<void> {
  const objects = objectsAt(run.data, fetch.path)
  if (objects.length === 0) return
  const places = () => [pathsAt(run.data, fetch.path)]
  const answer = await ask(run, fetch, variablesOf(run, fetch), places)
  if (!answer?.data) return
  rewrite(run.types, fetch.outputRewrites, answer.data)
  for (const [index, object] of objects.entries()) merge(object, index === 0 ? answer.data : copy(answer.data))
}

async function fetchEntities(run: Run, fetch: Fetch, requires: NonNullable<Fetch['requires']>): Promise<void> {
  const objects = objectsAt(run.data, fetch.path)
  const { representations, targets } = batch(run.types, objects, requires, (representation) => {
    rewrite(run.types, fetch.inputRewrites, representation)
  })
  if (representations.length === 0) return
  const others = variablesOf(run, fetch)
  const variables = `${others}${others === '' ? '' : ','}"representations":[${representations.join(',')}]`
  const places = () => {
    // Parallel fetches only add to the answer, so the walk finds the same objects in the same order as before.
    const paths = pathsAt(run.data, fetch.path)
    return targets.map((indexes) => indexes.flatMap((index) => (paths[index] ? [paths[index]] : [])))
  }
  const answer = await ask(run, fetch, variables, places)
  if (!answer?.data) return
  const entities = answer.data._entities
  if (Array.isArray(entities) && entities.length === representations.length) {
    for (const [index, entity] of entities.entries()) {
      if (isData(entity))
        mergeEntity(run, fetch, entity, targets[index]?.map((target) => objects[target] as Data) ?? [])
    }
  } else if (answer.errors.length === 0) reportFailure(run, fetch, entitiesMissing(fetch), places().flat())
}

function mergeEntity(run: Run, fetch: Fetch, entity: Data, objects: readonly Data[]): void {
  rewrite(run.types, fetch.outputRewrites, entity)
  const name = entity.__typename
  // A subgraph that knows an interface as an object must not undo the concrete type found elsewhere.
  if (typeof name !== 'string' || !run.types.isConcrete(name)) {
    if (objects.every((object) => typeof object.__typename === 'string')) delete entity.__typename
  }
  // One answer for several places: each must own what later fetches add to it.
  for (const [index, object] of objects.entries()) merge(object, index === objects.length - 1 ? entity : copy(entity))
}

/** Sends the request and tells its errors; undefined when there was no usable answer. `places` is only called when something is wrong. */
async function ask(run: Run, fetch: Fetch, variables: string, places: () => Path[][]): Promise<Answer | undefined> {
  try {
    const answer = await run.subgraphs.send(fetch.service, `${fetch.head}${variables}}}`, run.headers, fetch.repeatable)
    if (answer.errors.length > 0) {
      reportErrors(run, fetch, answer.errors, places())
      if (!answer.data) explainAll(run, fetch, places().flat())
    }
    return answer
  } catch (error) {
    if (!(error instanceof SubgraphFailure)) throw error
    reportFailure(run, fetch, error, places().flat())
    return undefined
  }
}

function variablesOf(run: Run, fetch: Fetch): string {
  let text = ''
  for (const { name, json } of fetch.variables) {
    const value = Object.hasOwn(run.variables, name) ? run.variables[name] : undefined
    if (value === undefined) continue
    text += `${text === '' ? '' : ','}${json}:${JSON.stringify(value)}`
  }
  return text
}
