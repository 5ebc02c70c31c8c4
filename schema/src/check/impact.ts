import { type GraphQLSchema, validate } from 'graphql'
import type { Change } from './change.ts'
import { hits, isOnlyRead } from './hits.ts'
import type { Operation } from './operations.ts'
import { type Usage, usageOf } from './usage.ts'

/** What the changes do to one operation. */
export interface Impact {
  operation: Operation
  status: 'broken' | 'at risk' | 'unaffected'
  /** Ids of the breaking and dangerous changes and the hazards that it meets. */
  changes: string[]
  /** Those of them that break it. */
  breaking: string[]
  /** Why it is not valid on the new schema. */
  errors: string[]
}

/** A client's operations, what its schema was and is, and whether it handles every enum value and union member that it knows, no others. */
export interface Client {
  name: string
  isExhaustive: boolean
  before: GraphQLSchema
  after: GraphQLSchema
  changes: readonly Change[]
}

const GROWING = new Set(['ENUM_VALUE_ADDED', 'UNION_MEMBER_ADDED', 'OBJECT_TYPE_INTERFACE_ADDED'])

/** Validates an operation on the client's new schema and finds the changes that it meets; a hazard puts it at risk. */
export function impactOn(operation: Operation, client: Client, hazards: readonly Change[] = []): Impact {
  const errors = validate(client.after, operation.document).map(({ message }) => message)
  const wasValid = validate(client.before, operation.document).length === 0
  // One that comes with the change it needs was never asked on the old schema: only the new one counts.
  const usage = usageOf(wasValid ? client.before : client.after, operation.document)
  const met = wasValid || errors.length > 0 ? client.changes.filter((change) => hits(change, usage)) : []
  const breaking = met.filter((change) => isBreakingFor(change, client, usage))
  const risky = [...met, ...hazards.filter((change) => wasValid && hits(change, usage))].filter(
    (change) => change.criticality !== 'safe' || breaking.includes(change),
  )
  const isBroken = errors.length > 0 || breaking.length > 0
  const status = isBroken ? 'broken' : risky.length > 0 ? 'at risk' : 'unaffected'
  return { operation, status, changes: risky.map(({ id }) => id), breaking: breaking.map(({ id }) => id), errors }
}

function isBreakingFor(change: Change, { isExhaustive }: Client, usage: Usage): boolean {
  if (isOnlyRead(change, usage)) return false
  return change.criticality === 'breaking' || (isExhaustive && GROWING.has(change.kind))
}
