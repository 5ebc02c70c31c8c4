import { RequestError } from '@commerce/service/http.ts'
import type { AskedDocument, DocumentId } from '../documents/trust.ts'

/** What a GraphQL-over-HTTP request carries; what was left out is null. */
export interface Parameters extends AskedDocument {
  operationName: string | null
  variables: Record<string, unknown> | null
  extensions: Record<string, unknown> | null
}

/** A well-formed JSON text with other contents than expected; the number is that of the specification. */
const malformed = 422

/**
 * The parameters of a JSON body. Properties that nobody knows are ignored, null is the same as left out, and of a property that
 * is there twice the last counts. Throws a `RequestError`: 400 when it is not JSON, 422 when it is not a request.
 */
export function parametersOfBody(text: string): Parameters {
  if (text.trim() === '')
    throw new RequestError(400, 'The request has no body: a JSON object with a query was expected.')
  // Some clients begin with a byte order mark, which a parser may skip (RFC 8259 §8.1).
  const body = parseJson(text.charCodeAt(0) === 0xfeff ? text.slice(1) : text, 'request body')
  if (Array.isArray(body))
    throw new RequestError(malformed, 'Lists of operations are not taken: send one in a request.')
  if (!isObject(body)) throw wrong('request body', 'an object', body)
  return checked(body)
}

/** The parameters in the query component of an address. Throws a `RequestError` as `parametersOfBody` does. */
export function parametersOfTarget(target: string): Parameters {
  const start = target.indexOf('?')
  const search = new URLSearchParams(start === -1 ? '' : target.slice(start + 1))
  return checked({
    query: single(search, 'query'),
    documentId: single(search, 'documentId'),
    doc_id: single(search, 'doc_id'),
    operationName: single(search, 'operationName'),
    variables: jsonOf(search, 'variables'),
    extensions: jsonOf(search, 'extensions'),
  })
}

function checked(given: Readonly<Record<string, unknown>>): Parameters {
  const { operationName, variables, extensions } = given
  const { query, id } = askedDocument(given)
  if (operationName != null && typeof operationName !== 'string') throw wrong('operationName', 'text', operationName)
  if (variables != null && !isObject(variables)) throw wrong('variables', 'an object', variables)
  if (extensions != null && !isObject(extensions)) throw wrong('extensions', 'an object', extensions)
  return {
    query,
    id,
    operationName: operationName ?? null,
    variables: variables ?? null,
    extensions: extensions ?? null,
  }
}

/**
 * The document that parameters name: by its text, or by an id as GraphQL over HTTP (`documentId`), Relay (`doc_id`) or Apollo's
 * clients (`extensions.persistedQuery`) send it; an empty text beside an id is none. Throws a `RequestError` when it is neither.
 */
export function askedDocument(given: Readonly<Record<string, unknown>>): AskedDocument {
  const { query, extensions } = given
  const persisted = isObject(extensions) && isObject(extensions.persistedQuery) ? extensions.persistedQuery : {}
  const id = sameId(
    idIn('documentId', given.documentId),
    idIn('doc_id', given.doc_id),
    idIn('persistedQuery.sha256Hash', persisted.sha256Hash),
  )
  if (id && (query == null || query === '')) return { query: null, id }
  if (typeof query !== 'string') throw wrong('query', 'text', query)
  return { query, id }
}

const longestId = 1_024

function idIn(form: DocumentId['form'], value: unknown): DocumentId | null {
  if (value == null) return null
  if (typeof value !== 'string') throw wrong(form, 'text', value)
  if (value !== '' && value.length <= longestId) return { value, form }
  throw new RequestError(malformed, `The ${form} has ${value.length} characters: 1 to ${longestId} were expected.`)
}

function sameId(...given: (DocumentId | null)[]): DocumentId | null {
  const [first = null, ...others] = given.filter((id) => id !== null)
  const other = others.find(({ value }) => value !== first?.value)
  if (other)
    throw new RequestError(malformed, `The ${first?.form} and the ${other.form} name two documents, one was expected.`)
  return first
}

/** In an address, an empty optional parameter is one that was left out. */
function single(search: URLSearchParams, name: string): string | undefined {
  const values = search.getAll(name)
  if (values.length > 1)
    throw new RequestError(malformed, `The parameter ${name} is there ${values.length} times, once was expected.`)
  return values[0] || (name === 'query' ? values[0] : undefined)
}

function jsonOf(search: URLSearchParams, name: string): unknown {
  const text = single(search, name)
  return text === undefined ? undefined : parseJson(text, `parameter ${name}`)
}

function parseJson(text: string, what: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new RequestError(400, `The ${what} is not JSON.`)
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function wrong(what: string, expected: string, value: unknown): RequestError {
  const arrived =
    value === undefined
      ? 'is missing'
      : `is ${Array.isArray(value) ? 'a list' : value === null ? 'null' : `of type ${typeof value}`}`
  return new RequestError(malformed, `The ${what} ${arrived}: ${expected} was expected.`)
}
