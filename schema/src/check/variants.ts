import { type Contract, contractSchema, whyNoSchema } from '@commerce/gateway/supergraph/contracts.ts'
import type { GraphQLSchema } from 'graphql'
import { apiChanges } from './api-changes.ts'
import type { Change } from './change.ts'
import type { CheckConfig } from './config.ts'
import { finding } from './findings.ts'
import type { Graph } from './graph.ts'
import type { Finding } from './report.ts'

/** The API, or a contract, before and after, with what changes in it. */
export interface Variant {
  before: GraphQLSchema
  after: GraphQLSchema
  changes: Change[]
}

/**
 * The API (under the empty name) and each contract; a change of both has the API's id. A contract that is no schema any more is a
 * finding; one that was none before has no changes.
 */
export async function variantsOf(
  before: Graph,
  after: Graph,
  { policy }: CheckConfig,
): Promise<{ variants: Map<string, Variant>; findings: Finding[] }> {
  const changes = await apiChanges(before.api, after.api)
  const variants = new Map<string, Variant>([['', { before: before.api, after: after.api, changes }]])
  const findings: Finding[] = []
  const own = new Map(changes.map((change) => [change.id.slice('api/'.length), change]))
  for (const name of new Set([...before.contracts, ...after.contracts].map((one) => one.name))) {
    const where = `contract:${name}`
    const [old, now] = [before, after].map((graph) => contractOf(graph, name))
    if (now === undefined) {
      const message = `The contract "${name}" is no longer served: its clients get no answer at its address.`
      const outcome = policy.rules.CONTRACT_REMOVED ?? 'fail'
      findings.push(finding({ id: where, rule: 'CONTRACT_REMOVED', outcome, message, place: null }))
    } else if (typeof now === 'string') {
      const message = `The contract "${name}" is no schema: ${now}`
      findings.push(finding({ id: where, rule: 'CONTRACT_NOT_VALID', outcome: 'fail', message, place: null }))
    } else {
      const base = typeof old === 'object' ? old : now
      const found = (await apiChanges(base, now, where)).map((one) => own.get(one.id.slice(where.length + 1)) ?? one)
      variants.set(name, { before: base, after: now, changes: found })
    }
  }
  return { variants, findings }
}

/** A contract's schema, or why there is none; undefined when the graph has no such contract. */
function contractOf(graph: Graph, name: string): GraphQLSchema | string | undefined {
  const contract: Contract | undefined = graph.contracts.find((one) => one.name === name)
  if (!contract) return undefined
  try {
    return contractSchema(graph.document, contract)
  } catch (error) {
    return whyNoSchema(error)
  }
}
