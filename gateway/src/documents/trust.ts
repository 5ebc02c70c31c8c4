import { type DocumentNode, GraphQLError, parse } from 'graphql'
import { plainId, type Recorded } from '../supergraph/recorded.ts'
import { fingerprintsOf } from './fingerprint.ts'

/**
 * What may run: `off` everything, and only by its text; `audit` everything, and what is not known is told; `safelist` what is known by
 * its text or its id; `id-only` what a known id names.
 */
export const trustModes = ['off', 'audit', 'safelist', 'id-only'] as const
export type TrustMode = (typeof trustModes)[number]

/** A document as a request names it: by its text, its id, or both; what was left out is null. */
export interface AskedDocument {
  query: string | null
  id: DocumentId | null
}

/** An id, and the parameter that it came in. */
export interface DocumentId {
  value: string
  form: 'documentId' | 'doc_id' | 'persistedQuery.sha256Hash'
}

/** What a request runs. */
export interface TrustedText {
  text: string
  /** Whether it is one of the trusted documents; otherwise what an audit tells of it. */
  unknown: string | null
}

/** The documents that are known, by id, and what the operations of all are recognised by. */
export interface TrustedDocuments {
  byId: ReadonlyMap<string, string>
  fingerprints: ReadonlySet<string>
}

/** Other requests get their turn after so many documents were read. */
const readAtOnce = 20

/** The trusted documents among what was recorded; `turn` lets others have theirs. */
export async function trustedIn(
  { documents, operations }: Recorded,
  turn: () => Promise<void>,
): Promise<TrustedDocuments> {
  const fingerprints = new Set<string>()
  let count = 0
  for (const text of new Set(operations.map(({ source }) => source))) {
    for (const one of fingerprintsOf(parse(text, { noLocation: true }), Number.POSITIVE_INFINITY)) fingerprints.add(one)
    if (++count % readAtOnce === 0) await turn()
  }
  return { byId: documents, fingerprints }
}

/**
 * The text that a request runs under a mode. `read` parses a client's text within the limits, and may throw. Throws a GraphQLError:
 * `PERSISTED_QUERY_NOT_SUPPORTED` for an id when the mode is off, `PERSISTED_QUERY_NOT_FOUND` for one that is not known,
 * `DOCUMENT_NOT_TRUSTED` for a text that may not run.
 */
export function textOf(
  mode: TrustMode,
  trusted: TrustedDocuments,
  { query, id }: AskedDocument,
  read: (text: string) => DocumentNode,
): TrustedText {
  if (mode === 'off') {
    if (query === null) throw notSupported(id)
    return { text: query, unknown: null }
  }
  const registered = id ? trusted.byId.get(plainId(id.value)) : undefined
  if (query === null) {
    if (registered === undefined) throw notFound(id)
    return { text: registered, unknown: null }
  }
  // What runs is what the id names, so its text is not read, only compared.
  if (mode === 'id-only') {
    if (registered === undefined)
      throw notTrusted('Only trusted documents run here, named by their ids: send the id and no text.')
    if (query !== registered && !isSame(read(query), read(registered)))
      throw notTrusted(`The text is not the one of the trusted document ${id?.value}: send the id alone.`)
    return { text: registered, unknown: null }
  }
  const fingerprints = fingerprintsOf(read(query))
  const isKnown = fingerprints.length > 0 && fingerprints.every((one) => trusted.fingerprints.has(one))
  if (isKnown) return { text: query, unknown: null }
  if (mode === 'safelist')
    throw notTrusted('Only trusted documents run here, and this is none of them: register it first.')
  return { text: query, unknown: fingerprints.join(' ') }
}

function isSame(one: DocumentNode, other: DocumentNode): boolean {
  const fingerprints = fingerprintsOf(one)
  return fingerprints.length > 0 && fingerprints.sort().join() === fingerprintsOf(other).sort().join()
}

function notTrusted(message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code: 'DOCUMENT_NOT_TRUSTED' } })
}

function notFound(id: DocumentId | null): GraphQLError {
  const reason = `No trusted document has the id ${JSON.stringify(id?.value.slice(0, 100))}.`
  return persisted(id, 'PersistedQueryNotFound', 'PERSISTED_QUERY_NOT_FOUND', reason)
}

function notSupported(id: DocumentId | null): GraphQLError {
  const reason = 'Documents are not known by an id here: send the text.'
  return persisted(id, 'PersistedQueryNotSupported', 'PERSISTED_QUERY_NOT_SUPPORTED', reason)
}

/** Clients of Apollo's form know the words of its message, and send the text next. */
function persisted(id: DocumentId | null, words: string, code: string, reason: string): GraphQLError {
  const isApollo = id?.form === 'persistedQuery.sha256Hash'
  return new GraphQLError(isApollo ? words : reason, { extensions: isApollo ? { code, reason } : { code } })
}
