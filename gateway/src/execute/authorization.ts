import type { Viewer } from '@commerce/service/viewer.ts'
import { type DocumentNode, GraphQLError, type GraphQLSchema, Kind, type OperationDefinitionNode } from 'graphql'
import { LRUCache } from 'lru-cache'
import type { Clause } from './authorization-declared.ts'
import { type Filtered, filterOf } from './authorization-filter.ts'
import type { AccessRules } from './authorization-rules.ts'
import { type Condition, expand } from './authorization-selections.ts'

/** What an operation demands of its viewer. */
export interface Authorization {
  /** The operation with every fragment written out, so that each field stands for itself: what `hidden` speaks of. */
  document: DocumentNode
  /** The policies that it names. */
  policies: readonly string[]
  /** Which demands a viewer who holds these policies fulfils; empty when all, equal for viewers who are shown the same. */
  decide(viewer: Viewer | null, policies: ReadonlySet<string>): string
  /** What is left of the operation for a decision. */
  filtered(decision: string): Filtered
}

/**
 * What an operation that is valid on the API schema demands; undefined when nothing in it is protected. `document` must hold the
 * fragments that the operation spreads.
 */
export function authorize(
  document: DocumentNode,
  definition: OperationDefinitionNode,
  rules: AccessRules,
  apiSchema: GraphQLSchema,
): Authorization | undefined {
  const { operation, fields, clauses } = expand(document, definition, rules, apiSchema)
  if (clauses.length === 0) return undefined
  const named = clauses.flatMap((clause) => (clause.kind === 'policies' ? clause.any.flat() : []))
  return {
    document: { kind: Kind.DOCUMENT, definitions: [operation] },
    policies: [...new Set(named)],
    decide(viewer, policies) {
      let decision = ''
      let all = true
      for (const clause of clauses) {
        const fulfilled = fulfils(clause, viewer, policies)
        decision += fulfilled ? '1' : '0'
        all &&= fulfilled
      }
      return all ? '' : decision
    },
    filtered(decision) {
      return filterOf(operation, fields, new Set(clauses.filter((_, index) => decision[index] === '0')))
    },
  }
}

/**
 * One error for each removed field that these values of `@skip` and `@include` leave in. Its path has `@` where a list's index
 * would be: the field is missing in every element.
 */
export function refusalsOf(
  removed: Filtered['removed'],
  conditions: ReadonlyMap<string, boolean>,
): readonly GraphQLError[] {
  const holds = ({ variable, value }: Condition) => (conditions.get(variable) ?? false) === value
  const paths = new Map(
    removed.flatMap((one) => (one.conditions.every(holds) ? [[one.path.join('.'), one.path] as const] : [])),
  )
  return [...paths.values()].map(
    (path) =>
      new GraphQLError('Unauthorized field or type', { path, extensions: { code: 'UNAUTHORIZED_FIELD_OR_TYPE' } }),
  )
}

function fulfils(clause: Clause, viewer: Viewer | null, policies: ReadonlySet<string>): boolean {
  if (clause.kind === 'authenticated') return viewer !== null
  if (clause.kind === 'policies') return clause.any.some((all) => all.every((name) => policies.has(name)))
  return viewer !== null && clause.any.some((all) => all.every((name) => viewer.scopes.includes(name)))
}

/** The parts of one operation that viewers are shown who may not see all of it. */
export interface Views<T> {
  /** The policies that decide beside who asks. */
  policies: readonly string[]
  /** What this viewer is shown, made once for each decision, the last ones remembered; undefined when it is the whole. */
  of(viewer: Viewer | null, policies: ReadonlySet<string>): Promise<T> | undefined
}

/** How many views of one operation are remembered. */
const maxViews = 16

/**
 * Makes the views of an operation when they are first asked for; one that fails is made again. `grew` is told how many bytes more
 * those that are remembered take, or how many fewer when one is forgotten.
 */
export function viewsOf<T extends { bytes: number }>(
  authorization: Authorization,
  compile: (filtered: Filtered) => Promise<T>,
  grew: (bytes: number) => void,
): Views<T> {
  const known = new LRUCache<string, { view: Promise<T>; bytes: number }>({
    max: maxViews,
    dispose: ({ bytes }) => grew(-bytes),
  })
  return {
    policies: authorization.policies,
    of(viewer, policies) {
      const decision = authorization.decide(viewer, policies)
      if (decision === '') return undefined
      const there = known.get(decision)
      if (there) return there.view
      const made = { view: compile(authorization.filtered(decision)), bytes: 0 }
      known.set(decision, made)
      const isKnown = () => known.peek(decision) === made
      made.view.then(
        ({ bytes }) => {
          if (!isKnown()) return
          made.bytes = bytes
          grew(bytes)
        },
        () => isKnown() && known.delete(decision),
      )
      return made.view
    },
  }
}
