// Long because it is one compiler: a plan becomes fetches, and fetches that can go together become requests.
import type { FetchDataRewrite, FetchNode, PlanNode } from '@apollo/query-planner'
import { Kind, type OperationDefinitionNode, parse, type SelectionSetNode } from 'graphql'
import type { FetchPolicy, PolicyOf } from '../cache/policy.ts'
import { type Combine, combiner } from './combine.ts'
import { type Contexts, compileContexts } from './contexts.ts'
import { type Ordered, orderByData } from './order.ts'
import { compileRepresentation, type Representation } from './representations.ts'
import { renamed } from './rewrites.ts'
import { type Rollout, rolloutsOf } from './rollouts.ts'
import type { Types } from './types.ts'
import { withoutUndeclared } from './undeclared.ts'

/** A plan made ready to run: requests, each waiting for those that bring what it needs. */
export interface Plan {
  requests: Request[]
  /** Which of its fetches run is drawn for each run. */
  rollouts: readonly Rollout[]
  /** Equal objects at several places must stay several: where they are decides what they are asked for. */
  isContextual: boolean
}

/** One request to one subgraph: a root fetch, or one or several `_entities` fetches that can go together. */
export interface Request {
  index: number
  service: string
  /** How many requests must have ended before. */
  after: number
  /** Indexes of the requests that wait for this one. */
  next: number[]
  repeatable: boolean
  /** The same for everybody: sent without saying who asks. */
  isPublic: boolean
  /** Distinct selections; those without anything to ask are left out of the text that is sent. */
  selections: Selection[]
  combine: Combine
}

/** What is asked of a subgraph with one selection, for all the places that need it. */
export interface Selection {
  parts: Fetch[]
  policy: FetchPolicy | undefined
  outputRewrites: readonly FetchDataRewrite[]
}

/** A value of a `@skip`/`@include` variable without which a fetch is left out. */
export interface Guard {
  variable: string
  value: boolean
}

/** One fetch of the planner. */
export interface Fetch {
  service: string
  /** Where its objects are in the answer; empty for the root. */
  path: string[]
  guards: readonly Guard[]
  operation: string
  operationName: string | undefined
  variables: readonly string[]
  /** Undefined for a root fetch. */
  representation: Representation | undefined
  contexts: Contexts | undefined
  inputRewrites: readonly FetchDataRewrite[]
  outputRewrites: readonly FetchDataRewrite[]
  renamed: Map<string, string>
  /** The answer's top fields (of an entity, when there are representations): what is missing when the fetch fails. */
  fields: string[]
  repeatable: boolean
  /** Undefined when its answers are not kept. */
  policy: FetchPolicy | undefined
}

/** More selections than this never share a request: its text is kept once for each combination that occurs. */
const maxSelections = 8

interface Planned extends Ordered {
  fetch: Fetch
  level: number
  before: ReadonlySet<Planned>
  request: Request | undefined
}

/**
 * Compiles a planner's node: `_entities` fetches that the plan runs side by side against one subgraph become one request, and
 * every request starts as soon as those it follows in the plan have ended.
 */
export function compilePlan(types: Types, node: PlanNode, policyOf: PolicyOf | undefined): Plan {
  const planned: Planned[] = []
  addFetches({ types, policyOf }, planned, node, [], [], new Set())
  orderByData(types, planned)
  setLevels(planned)
  const requests = groupsOf(planned).map((group, index) => requestOf(group, index))
  for (const request of requests) {
    const before = new Set<Request>()
    for (const one of planned) {
      if (one.request !== request) continue
      for (const { request: earlier } of one.before) if (earlier) before.add(earlier)
    }
    request.after = before.size
    for (const earlier of before) earlier.next.push(request.index)
  }
  const rollouts = rolloutsOf(planned.flatMap(({ fetch }) => fetch.guards))
  return { requests, rollouts, isContextual: planned.some(({ fetch }) => fetch.contexts !== undefined) }
}

interface Compiling {
  types: Types
  policyOf: PolicyOf | undefined
}

/** Adds all fetches under a node and returns those whose end is the node's end. */
function addFetches(
  compiling: Compiling,
  all: Planned[],
  node: PlanNode,
  path: readonly string[],
  guards: readonly Guard[],
  before: ReadonlySet<Planned>,
): ReadonlySet<Planned> {
  const add = (child: PlanNode, at = path, when = guards, after = before) =>
    addFetches(compiling, all, child, at, when, after)
  switch (node.kind) {
    case 'Sequence': {
      let last = before
      for (const child of node.nodes) last = add(child, path, guards, last)
      return last
    }
    case 'Parallel':
      return new Set(node.nodes.flatMap((child) => [...add(child)]))
    case 'Flatten':
      return add(node.node, [...path, ...node.path.map(String)])
    case 'Condition': {
      const guard = (value: boolean) => [...guards, { variable: node.condition, value }]
      const yes = node.ifClause ? add(node.ifClause, path, guard(true)) : before
      const no = node.elseClause ? add(node.elseClause, path, guard(false)) : before
      return new Set([...yes, ...no])
    }
    case 'Fetch': {
      const fetch = compileFetch(compiling, node, path, guards)
      const planned: Planned = { node, path, guards, fetch, level: -1, before, request: undefined }
      all.push(planned)
      return new Set([planned])
    }
    case 'Defer':
      throw new Error('A plan with @defer cannot be run.')
  }
}

/** A fetch is one level after the latest that it waits for. */
function setLevels(planned: readonly Planned[]): void {
  const set = (one: Planned): number => {
    if (one.level < 0) one.level = Math.max(-1, ...[...one.before].map(set)) + 1
    return one.level
  }
  for (const one of planned) set(one)
}

/** Compiles one fetch of a plan. */
function compileFetch(
  { types, policyOf }: Compiling,
  node: FetchNode,
  path: readonly string[],
  guards: readonly Guard[],
): Fetch {
  const operation = withoutUndeclared(node.operation)
  const variables = node.variableUsages ?? []
  const contexts = compileContexts(types, node.contextRewrites ?? [])
  const isRoot = node.requires === undefined
  const outputRewrites = node.outputRewrites ?? []
  const inputRewrites = node.inputRewrites ?? []
  return {
    service: node.serviceName,
    path: [...path],
    guards,
    operation,
    operationName: node.operationName,
    variables,
    representation: node.requires && compileRepresentation(types, node.requires, inputRewrites),
    contexts,
    inputRewrites,
    outputRewrites,
    renamed: renamed(outputRewrites),
    fields: topFields(node),
    repeatable: node.operationKind === 'query',
    // What depends on where an object stands is asked for each time.
    policy: contexts ? undefined : policyOf?.(node.serviceName, { operation, variables, isRoot }),
  }
}

/**
 * A fetch that could go with a later request to its subgraph does, when nothing waits for it before that: the later request
 * ends no sooner without it.
 */
function delay(planned: readonly Planned[]): void {
  const latest = new Map(planned.map((one) => [one, Number.POSITIVE_INFINITY]))
  for (const one of planned) {
    for (const earlier of one.before) latest.set(earlier, Math.min(latest.get(earlier) as number, one.level - 1))
  }
  for (const one of planned.toSorted((a, b) => b.level - a.level)) {
    if (!isShareable(one)) continue
    const later = planned
      .filter((other) => isShareable(other) && other.fetch.service === one.fetch.service)
      .filter(({ level, fetch }) => {
        if (level <= one.level || level > (latest.get(one) as number)) return false
        return fetch.guards.every((guard) => one.fetch.guards.some((own) => sameGuard(own, guard)))
      })
    if (later.length > 0) one.level = Math.min(...later.map(({ level }) => level))
  }
}

function sameGuard(one: Guard, other: Guard): boolean {
  return one.variable === other.variable && one.value === other.value
}

function isShareable({ fetch }: Planned): boolean {
  return fetch.representation !== undefined && fetch.contexts === undefined && fetch.repeatable
}

/** Fetches of one level go together when they ask one subgraph for entities; the level orders them, so none waits in a circle. */
function groupsOf(planned: readonly Planned[]): Planned[][] {
  delay(planned)
  const groups = new Map<string, Planned[]>()
  for (const [index, one] of planned.entries()) {
    const { fetch, level } = one
    // Who asks is told for all of a request, or for none of it.
    const isPublic = fetch.policy?.isPublic ?? false
    const key = isShareable(one) ? `${level} ${isPublic} ${fetch.service}` : `alone ${index}`
    const group = groups.get(key)
    if (group && group.length < maxSelections) group.push(one)
    else groups.set(group ? `${key} ${index}` : key, [one])
  }
  return [...groups.values()]
}

function requestOf(group: readonly Planned[], index: number): Request {
  const bySelection = new Map<string, Selection>()
  for (const { fetch } of group) {
    // The name differs for each fetch, what is asked may not.
    const text = fetch.operationName ? fetch.operation.replace(fetch.operationName, '') : fetch.operation
    const key = JSON.stringify([text, fetch.outputRewrites])
    const selection = bySelection.get(key)
    if (selection) selection.parts.push(fetch)
    else bySelection.set(key, { parts: [fetch], policy: fetch.policy, outputRewrites: fetch.outputRewrites })
  }
  const selections = [...bySelection.values()]
  const { service, repeatable } = (group[0] as Planned).fetch
  const firsts = selections.map(({ parts }) => parts[0] as Fetch)
  const isPublic = selections.every(({ policy }) => policy?.isPublic)
  const request = { index, service, after: 0, next: [], repeatable, isPublic, selections, combine: combiner(firsts) }
  for (const one of group) one.request = request
  return request
}

function topFields(node: FetchNode): string[] {
  const document = parse(node.operation)
  const operation = document.definitions.find(
    (definition) => definition.kind === Kind.OPERATION_DEFINITION,
  ) as OperationDefinitionNode
  const fragments = new Map(
    document.definitions.flatMap((d) =>
      d.kind === Kind.FRAGMENT_DEFINITION ? [[d.name.value, d.selectionSet] as const] : [],
    ),
  )
  const fieldsOf = (
    selections: SelectionSetNode | undefined,
  ): { name: string; below: SelectionSetNode | undefined }[] =>
    (selections?.selections ?? []).flatMap((selection) => {
      if (selection.kind === Kind.INLINE_FRAGMENT) return fieldsOf(selection.selectionSet)
      if (selection.kind === Kind.FRAGMENT_SPREAD) return fieldsOf(fragments.get(selection.name.value))
      return [{ name: selection.alias?.value ?? selection.name.value, below: selection.selectionSet }]
    })
  const top = fieldsOf(operation.selectionSet)
  const fields = node.requires ? top.flatMap((field) => fieldsOf(field.below)) : top
  return [...new Set(fields.map((field) => field.name))].filter((name) => name !== '__typename')
}
