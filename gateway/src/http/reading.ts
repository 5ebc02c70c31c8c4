import type { IncomingMessage } from 'node:http'
import { type HttpAnswer, type ReadRequest, RequestError } from '@commerce/service/http.ts'
import { GraphQLError } from 'graphql'
import type { Graph } from '../supergraph/graph.ts'
import type { Admission } from './admission.ts'
import { type AnswerForm, mediaTypes, statusOf } from './negotiation.ts'
import { type Parameters, parametersOfBody, parametersOfTarget } from './parameters.ts'

/**
 * The parameters of a request that passed `refusalOf`, in the form that the pipeline takes, once its operation is within the
 * limits; `body` is null for one without. Throws a `RequestError` or a GraphQLError when it is none, or not within them.
 */
export function readRequest(
  request: IncomingMessage,
  body: string | null,
  form: AnswerForm,
  admission: Admission,
  graph: Graph,
): ReadRequest {
  if (body !== null) admission.checkBody(body)
  const parameters = body === null ? parametersOfTarget(request.url ?? '') : parametersOfBody(body)
  const { query, operationName, variables } = parameters
  admission.admit(graph.fullSchema, admission.parse(query), operationName ?? undefined, variables ?? {})
  return {
    method: body === null ? 'GET' : 'POST',
    headers: { ...request.headers, accept: mediaTypes[form] },
    search: body === null ? searchOf(parameters) : '',
    body: body === null ? null : parameters,
  }
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

function searchOf({ query, operationName, variables, extensions }: Parameters): string {
  const search = new URLSearchParams({ query })
  if (operationName !== null) search.set('operationName', operationName)
  if (variables) search.set('variables', JSON.stringify(variables))
  if (extensions) search.set('extensions', JSON.stringify(extensions))
  return search.toString()
}
