import { RequestError } from '@commerce/service/http.ts'
import { GraphQLError } from 'graphql'
import type { AskedDocument } from '../documents/trust.ts'
import { askedDocument } from './parameters.ts'

/** The document that the payload of a `subscribe` message names; an error when it names none. */
export function documentOf(payload: object): AskedDocument | GraphQLError {
  try {
    return askedDocument({ ...payload })
  } catch (error) {
    if (error instanceof RequestError) {
      return new GraphQLError(error.message, { extensions: { code: 'BAD_REQUEST' } })
    }
    throw error
  }
}

const namesDocument = /"(documentId|doc_id|persistedQuery)"/

/** A client's message as graphql-ws takes it: it insists on a text of the query, which a document that is named by an id has not. */
export function withQuery(message: string): string {
  if (!namesDocument.test(message)) return message
  try {
    const parsed = JSON.parse(message)
    if (typeof parsed?.payload !== 'object' || parsed.payload === null || parsed.payload.query != null) return message
    return JSON.stringify({ ...parsed, payload: { ...parsed.payload, query: '' } })
  } catch {
    // Whoever reads it next says what is wrong.
    return message
  }
}
