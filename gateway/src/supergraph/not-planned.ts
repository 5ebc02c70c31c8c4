import { GraphQLError } from 'graphql'

/** What a client is told when there is no plan; the reason is for the log: it may name what clients may not know. */
export function notPlanned(reason: unknown): GraphQLError {
  const message = 'The gateway finds no way to answer this operation from the subgraphs.'
  const originalError = reason instanceof Error ? reason : new Error(String(reason))
  return new GraphQLError(message, { originalError, extensions: { code: 'OPERATION_NOT_PLANNED' } })
}
