import type { IncomingMessage } from 'node:http'
import { type HttpAnswer, type ReadRequest, RequestError } from '@commerce/service/http.ts'
import { GraphQLError } from 'graphql'
import type { Documents } from '../documents/documents.ts'
import type { TrustedText } from '../documents/trust.ts'
import type { Graph } from '../supergraph/graph.ts'
import type { Admission } from './admission.ts'
import { type AnswerForm, mediaTypes, statusOf } from './negotiation.ts'
import { type Parameters, parametersOfBody, parametersOfTarget } from './parameters.ts'

/**
 * The parameters of a request that passed `refusalOf`, in the form that the pipeline takes, once its document may run and its operation
 * is within the limits; `body` is null for one without. Throws a `RequestError` or a GraphQLError when it is none, or may not.
 */
export function readRequest(
  request: IncomingMessage,
  body: string | null,
  form: AnswerForm,
  admission: Admission,
  documents: Documents,
  graph: Graph,
): ReadRequest & { admitted: TrustedText } {
  if (body !== null) admission.checkBody(body)
  const parameters = body === null ? parametersOfTarget(request.url ?? '') : parametersOfBody(body)
  const { operationName, variables } = parameters
  const admitted = documents.admit(parameters, operationName)
  const query = admitted.text
  const asked: Asked = { query, operationName, variables, extensions: extensionsFor(documents, parameters) }
  admission.admit(graph.fullSchema, admission.parse(query), operationName ?? undefined, variables ?? {})
  return {
    method: body === null ? 'GET' : 'POST',
    headers: { ...request.headers, accept: mediaTypes[form] },
    search: body === null ? searchOf(asked) : '',
    body: body === null ? null : asked,
    admitted,
  }
}

/** The pipeline knows no documents by an id, and would refuse one that came in Apollo's form. */
function extensionsFor({ mode }: Documents, { extensions }: Parameters): Parameters['extensions'] {
  if (mode === 'off' || !extensions?.persistedQuery) return extensions
  const { persistedQuery: _, ...others } = extensions
  return others
}

/** The answer to a request whose operation is refused before it gets to the pipeline; rethrows what is not the client's. */
export function refusedAnswer(error: unknown, form: AnswerForm): { answer: HttpAnswer; errors: GraphQLError[] } {
  if (error instanceof RequestError) {
    const told = new GraphQLError(error.message, { extensions: { code: 'BAD_REQUEST' } })
    return { answer: answerOf('json', error.status, told), errors: [told] }
  }
  if (!(error instanceof GraphQLError)) throw error
  return { answer: answerOf(form, statusOf(form, false, [error]), error), errors: [error] }
}

function answerOf(form: AnswerForm, status: number, error: GraphQLError): HttpAnswer {
  return { status, headers: { 'content-type': mediaTypes[form] }, text: JSON.stringify({ errors: [error] }) }
}

/** A request whose document is known by its text. */
type Asked = Pick<Parameters, 'operationName' | 'variables' | 'extensions'> & { query: string }

function searchOf({ query, operationName, variables, extensions }: Asked): string {
  const search = new URLSearchParams({ query })
  if (operationName !== null) search.set('operationName', operationName)
  if (variables) search.set('variables', JSON.stringify(variables))
  if (extensions) search.set('extensions', JSON.stringify(extensions))
  return search.toString()
}
