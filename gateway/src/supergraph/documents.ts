import {
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  parse,
  specifiedRules,
  type ValidationRule,
  validate,
} from 'graphql'
import { LRUCache } from 'lru-cache'

/** Parses and validates an operation's text for one schema, remembering the outcome; throws a GraphQLError. */
export type ReadDocument = (schema: GraphQLSchema, text: string) => DocumentNode

/** What documents are checked with. */
export interface DocumentOptions {
  rules: readonly ValidationRule[]
  maxTokens: number
  /** Documents and characters that are remembered for each schema. */
  maxDocuments: number
  maxText: number
}

/** Documents for the transports that do not go through Apollo Server's pipeline. */
export function documentReader(options: DocumentOptions): ReadDocument {
  const rules = [...specifiedRules, ...options.rules]
  const bySchema = new WeakMap<GraphQLSchema, LRUCache<string, DocumentNode>>()
  return (schema, text) => {
    let known = bySchema.get(schema)
    if (!known) {
      const sizeCalculation = (_document: DocumentNode, key: string) => key.length + 1
      known = new LRUCache({ max: options.maxDocuments, maxSize: options.maxText, sizeCalculation })
      bySchema.set(schema, known)
    }
    let document = known.get(text)
    if (!document) {
      document = read(schema, text, rules, options.maxTokens)
      known.set(text, document)
    }
    return document
  }
}

function read(schema: GraphQLSchema, text: string, rules: readonly ValidationRule[], maxTokens: number): DocumentNode {
  const document = coded('GRAPHQL_PARSE_FAILED', () => parse(text, { maxTokens }))
  const [error] = validate(schema, document, rules, { maxErrors: 1 })
  if (error)
    throw coded('GRAPHQL_VALIDATION_FAILED', () => {
      throw error
    })
  return document
}

function coded<T>(code: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error
    const { message, nodes, source, positions, path, extensions } = error
    throw new GraphQLError(message, { nodes, source, positions, path, extensions: { code, ...extensions } })
  }
}
