import type { DocumentNode, GraphQLSchema } from 'graphql'
import { LRUCache } from 'lru-cache'
import type { OperationLimits } from '../config.ts'
import { type Costs, costsOf } from './costs.ts'
import { checkNesting, checkVariables, overLimit, parseWithin } from './limits.ts'

/** Keeps operations above the limits away from everything that takes long. */
export interface Admission {
  /** Throws as `checkNesting` does. */
  checkBody(json: string): void
  /** Throws as `parseWithin` does. */
  parse(text: string): DocumentNode
  /**
   * Throws `OPERATION_LIMIT` when the variables are too many or too deep, or a document's operation is estimated to cost too
   * much; `schema` carries the cost directives.
   */
  admit(
    schema: GraphQLSchema,
    document: DocumentNode,
    operationName: string | undefined,
    variables: Readonly<Record<string, unknown>>,
  ): void
}

/** Documents whose measuring is remembered, and their characters. */
const remembered = { max: 1_000, maxSize: 400_000 }

/** Admits what is within the limits. */
export function admission(limits: OperationLimits): Admission {
  const documents = new LRUCache<string, DocumentNode>({
    ...remembered,
    sizeCalculation: (_document, text) => text.length + 1,
  })
  const costs = new WeakMap<GraphQLSchema, Costs>()
  return {
    checkBody: (json) => checkNesting(json, limits),
    parse(text) {
      let document = documents.get(text)
      if (!document) {
        document = parseWithin(text, limits)
        documents.set(text, document)
      }
      return document
    },
    admit(schema, document, operationName, variables) {
      checkVariables(variables, limits)
      let known = costs.get(schema)
      if (!known) {
        known = costsOf(schema, { listSize: limits.listSize, mutation: limits.mutationCost })
        costs.set(schema, known)
      }
      const cost = known.estimate(document, operationName, variables)
      if (cost > limits.cost) throw overLimit('cost', 'units of estimated cost', cost, limits.cost)
    },
  }
}
