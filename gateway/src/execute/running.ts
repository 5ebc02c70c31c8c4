import type { CachedRun, Departure, Kept } from '../cache/cached-run.ts'
import type { Answer } from '../subgraphs/answer.ts'
import type { Call } from '../subgraphs/call.ts'
import type { Subgraphs } from '../subgraphs/client.ts'
import { SubgraphFailure } from '../subgraphs/failure.ts'
import type { Data } from './own.ts'
import type { Fetch, Request } from './plan.ts'
import type { Reporter } from './report.ts'
import type { Types } from './types.ts'

/** What the requests of one run have in common. */
export interface RunCall extends Omit<Call, 'headers' | 'repeatable' | 'place'> {
  /** As of now: what is learnt later is named by later requests. `isPublic` leaves out who asks. */
  headers(isPublic: boolean): Call['headers']
}

/** One run of a plan: what it reads, and the data and errors it grows. */
export interface Run extends Reporter {
  subgraphs: Subgraphs
  types: Types
  /** The variables as the client sent them, each as JSON, or undefined: subgraphs coerce them again. */
  variable(name: string): string | undefined
  /** The values of the variables that decide `@skip` and `@include`. */
  conditions: ReadonlyMap<string, boolean>
  call: RunCall
  data: Data
  /** Whether no string of the data needs an escape, as far as it has come. */
  isPlain: boolean
  /** Equal objects at several places stay several. */
  keepsApart?: boolean
  /** Told what a mutation changed: event subject → version. */
  changed?: Map<string, number>
  /** What is taken from earlier answers and left for later ones; undefined asks for everything. */
  cached?: CachedRun | undefined
}

/** Whether the values of `@skip` and `@include` leave a fetch in. */
export function isWanted(run: Run, fetch: Fetch): boolean {
  for (const { variable, value } of fetch.guards) if ((run.conditions.get(variable) ?? false) !== value) return false
  return true
}

/** What to do with the end of a request. */
export interface Outcome {
  answered(answer: Answer): void
  failed(failure: SubgraphFailure): void
}

/** Sends the request and tells what came of it; `variables` are those besides the operation's own, as JSON. */
export function settle(
  run: Run,
  request: Request,
  mask: number,
  variables: string,
  departure: Departure | undefined,
  outcome: Outcome,
): Promise<void> {
  const { head, variables: named } = request.combine(mask)
  let all = variables
  for (const { name, json } of named) {
    const value = run.variable(name)
    if (value !== undefined) all += `${all === '' ? '' : ','}${json}:${value}`
  }
  const call: Call = { ...run.call, headers: run.call.headers(request.isPublic), repeatable: request.repeatable }
  if (call.trace) call.place = placeOf(request)
  const sent = run.subgraphs.send(request.service, `${head}${all}}}`, call).then(
    (answer) => {
      if (!answer.isPlain) run.isPlain = false
      if (answer.changed)
        for (const [subject, version] of Object.entries(answer.changed)) run.changed?.set(subject, version)
      outcome.answered(answer)
    },
    (error: unknown) => {
      if (!(error instanceof SubgraphFailure)) throw error
      outcome.failed(error)
    },
  )
  return departure ? sent.finally(departure.landed) : sent
}

/** Where the objects of a request are, for people who read traces. */
export function placeOf({ selections }: Request): string {
  return [...new Set(selections.flatMap(({ parts }) => parts.map(({ path }) => path.join('.'))))].join(' ')
}

/** A copy of its own: what is kept must not change with the answer. */
export function readKept(run: Run, { text }: Kept): unknown {
  if (text.includes('\\')) run.isPlain = false
  return JSON.parse(text)
}

/** What is kept of an answer; undefined for what is too deep to be written. */
export function textToKeep(answer: unknown): string | undefined {
  try {
    return JSON.stringify(answer)
  } catch {
    return undefined
  }
}

/** Tags without repeats. */
export function tagsTogether(own: readonly string[], told: readonly string[]): readonly string[] {
  return told.length === 0 ? own : [...new Set([...own, ...told])]
}
