import type { Description } from './planning.ts'

/** What the planner's thread is asked: one operation at a time. */
export interface ToPlanner {
  text: string
  operationName: string | undefined
}

/** What the planner's thread answers: once `ready` (or `refused`, when the supergraph is bad), then once for each operation. */
export type FromPlanner =
  | { kind: 'ready'; description: Description }
  /** The plan as JSON. */
  | { kind: 'plan'; plan: string }
  | { kind: 'too complex' }
  /** `extensions` as JSON when it was a GraphQLError. */
  | { kind: 'refused'; message: string; extensions: string | null }
