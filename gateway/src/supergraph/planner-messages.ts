/** What the planner knows of a supergraph that others need too; plain values only, so that it can come from a worker. */
export interface Description {
  /** The schema that clients see, as SDL. */
  apiSdl: string
  /** The schemas of the contracts, by name, as SDL. */
  contracts: readonly (readonly [name: string, sdl: string])[]
  /** The subgraphs' addresses, by name. */
  urls: readonly (readonly [name: string, url: string])[]
}

/** What the planner's thread is asked: one operation at a time. */
export interface ToPlanner {
  text: string
  operationName: string | undefined
}

/** What the planner's thread answers: once `ready` (or `refused`, when the supergraph is bad), then once for each operation. */
export type FromPlanner =
  /** A thread that takes another's place has nothing to describe. */
  | { kind: 'ready'; description: Description | null }
  /** The plan as JSON. */
  | { kind: 'plan'; plan: string }
  | { kind: 'too complex' }
  /** `extensions` as JSON when it was a GraphQLError. */
  | { kind: 'refused'; message: string; extensions: string | null; reason: string | null }
