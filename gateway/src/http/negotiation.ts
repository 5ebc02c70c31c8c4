import type { IncomingHttpHeaders } from 'node:http'
import { isPreferred, isUtf8, rangesOf, readMediaType, remembered, weightOf } from './media-types.ts'

/** A reason not to look into a request: its status, a code, one sentence, and headers that say what would be taken. */
export interface Refusal {
  status: number
  code: string
  message: string
  headers?: Readonly<Record<string, string>>
}

/**
 * How a client wants its answers: as `application/graphql-response+json`, as JSON, or as JSON by a client that asks for
 * nothing newer, which is told of refused operations with status 200.
 */
export type AnswerForm = 'graphql' | 'json' | 'legacy'

/** The media type of each form's answers. */
export const mediaTypes: Readonly<Record<AnswerForm, string>> = {
  graphql: 'application/graphql-response+json; charset=utf-8',
  json: 'application/json; charset=utf-8',
  legacy: 'application/json; charset=utf-8',
}

const graphqlType = 'application/graphql-response+json'
const jsonType = 'application/json'
const eventsType = 'text/event-stream'
const methods = 'GET, HEAD, POST, OPTIONS'
/** Characters of a request target: many proxies take no more. */
const longestTarget = 8_192

/**
 * What is wrong with a request before its body is read, by GraphQL over HTTP ("Request", "Status Codes") and RFC 9110; undefined
 * when nothing is. A page of another origin can send neither JSON nor a header of its own without being let by CORS first.
 */
export function refusalOf(
  method: string | undefined,
  target: string | undefined,
  headers: IncomingHttpHeaders,
): Refusal | undefined {
  if ((target?.length ?? 0) > longestTarget) {
    const message = `The address of the request has ${target?.length} characters, ${longestTarget} are allowed: use POST.`
    return { status: 414, code: 'BAD_REQUEST', message }
  }
  const reading = method === 'GET' || method === 'HEAD'
  if (!reading && method !== 'POST') {
    const message = `GraphQL is asked with POST, and queries also with GET; ${method} is not supported.`
    return { status: 405, code: 'BAD_REQUEST', message, headers: { allow: methods } }
  }
  const type = headers['content-type']
  if (type === undefined ? !reading : !isJson(type)) {
    const message = `The content-type must be application/json in UTF-8, not ${type === undefined ? 'missing' : JSON.stringify(type.slice(0, 100))}.`
    return { status: 415, code: 'UNSUPPORTED_MEDIA_TYPE', message, headers: { accept: jsonType } }
  }
  const encoding = headers['content-encoding']
  if (encoding !== undefined && encoding.trim().toLowerCase() !== 'identity') {
    const message = `The body must come as it is, not with the content-encoding ${JSON.stringify(encoding.slice(0, 100))}.`
    return { status: 415, code: 'UNSUPPORTED_MEDIA_TYPE', message, headers: { 'accept-encoding': 'identity' } }
  }
  if (answerForm(headers.accept) === null) {
    const message = `Answers come as ${graphqlType} or ${jsonType}, and the request accepts neither.`
    return { status: 406, code: 'NOT_ACCEPTABLE', message }
  }
  if (type === undefined && !headers['apollo-require-preflight'] && !headers['x-apollo-operation-name']) {
    const message =
      'A GET needs a header that pages of other origins cannot send unasked: apollo-require-preflight, x-apollo-operation-name, or content-type: application/json.'
    return { status: 400, code: 'BAD_REQUEST', message }
  }
  return undefined
}

/**
 * The form of the answer to a request with this `Accept` header; null when the client takes none of ours. The most specific
 * range decides about a type, the higher weight between types, then what is named before what a wildcard takes in, then the
 * order in the header (RFC 9110 §12.5.1). Without the header, and for anything at all, it is JSON.
 */
export function answerForm(accept: string | undefined): AnswerForm | null {
  return accept === undefined ? 'json' : formOf(accept).form
}

/**
 * Whether a client wants the answer as a stream of events: it names `text/event-stream` and ranks nothing else that we have
 * above it. Clients that name it last, for answers that only come so, get JSON.
 */
export function prefersEvents(accept: string | undefined): boolean {
  return accept !== undefined && formOf(accept).events
}

const formOf = remembered((accept) => ({ form: readForm(accept), events: readEvents(accept) }))

function readEvents(accept: string): boolean {
  const ranges = rangesOf(accept)
  const events = weightOf(ranges, eventsType)
  if (!events.named || events.weight <= 0) return false
  return [graphqlType, jsonType].every((type) => {
    const other = weightOf(ranges, type)
    return other.weight <= 0 || isPreferred(events, other)
  })
}

function readForm(accept: string): AnswerForm | null {
  if (accept.trim() === '') return 'json'
  const ranges = rangesOf(accept)
  const graphql = weightOf(ranges, graphqlType)
  const json = weightOf(ranges, jsonType)
  if (graphql.weight <= 0 && json.weight <= 0) return null
  if (isPreferred(graphql, json)) return 'graphql'
  return json.named ? 'legacy' : 'json'
}

function isJson(contentType: string): boolean {
  return jsonOf(contentType).is
}

const jsonOf = remembered((contentType) => {
  const { type, parameters } = readMediaType(contentType)
  return { is: type === jsonType && isUtf8(parameters.get('charset')) }
})

/** Refusals that are told with a status of their own; any other is a 400. */
const statusByCode: ReadonlyMap<unknown, number> = new Map([
  ['OPERATION_RESOLUTION_FAILURE', 422],
  ['UNAUTHORIZED_FIELD_OR_TYPE', 403],
  ['PLANNER_BUSY', 503],
])

/**
 * The status of an answer by what is in it (GraphQL over HTTP, "Status Codes"): 200, or 294 when errors stand beside the
 * data and the client knows the media type that gives this number its meaning. Without data it is what the first error's
 * code stands for, or else `refused`; clients that know only JSON get 200 for a mistake in their operation, because many
 * take any other status for a failure of the network and never read the reason.
 */
export function statusOf(
  form: AnswerForm,
  data: boolean,
  errors: readonly { extensions?: { [key: string]: unknown } | undefined }[] | undefined,
  refused = 400,
): number {
  if (data) return errors && form === 'graphql' ? 294 : 200
  const status = statusByCode.get(errors?.[0]?.extensions?.code) ?? refused
  return form === 'legacy' && (status === 400 || status === 422) ? 200 : status
}
