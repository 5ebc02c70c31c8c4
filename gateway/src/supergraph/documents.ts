import {
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  specifiedRules,
  type ValidationRule,
  validate,
} from 'graphql'
import { LRUCache } from 'lru-cache'

/** Parses and validates an operation's text for one schema, remembering the outcome; throws a GraphQLError. */
export type ReadDocument = (schema: GraphQLSchema, text: string) => DocumentNode

/** What documents are checked with. */
export interface DocumentOptions {
  /** Parses a text that is within limits; throws a GraphQLError with a code. */
  parse(text: string): DocumentNode
  rules: readonly ValidationRule[]
  /** Whether an error says which names would have been right. */
  suggestions: boolean
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
      document = read(schema, text, rules, options)
      known.set(text, document)
    }
    return document
  }
}

function read(
  schema: GraphQLSchema,
  text: string,
  rules: readonly ValidationRule[],
  { parse, suggestions }: DocumentOptions,
): DocumentNode {
  const document = parse(text)
  const [error] = validate(schema, document, rules, { maxErrors: 1, hideSuggestions: !suggestions })
  if (!error) return document
  const { message, nodes, source, positions, path, extensions } = error
  const coded = { code: 'GRAPHQL_VALIDATION_FAILED', ...extensions }
  throw new GraphQLError(message, { nodes, source, positions, path, extensions: coded })
}
