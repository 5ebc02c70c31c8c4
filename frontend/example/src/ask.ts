import type { TypedDocumentNode } from '@graphql-typed-document-node/core'
import { print } from 'graphql'

/** What a request was refused with. */
export class AskError extends Error {
  readonly codes: unknown[]
  constructor(errors: { message: string; extensions?: { code?: unknown } }[]) {
    super(errors.map(({ message }) => message).join(' '))
    this.codes = errors.map(({ extensions }) => extensions?.code)
  }
}

/** Asks the graph for a document, by its text or by the id that its manifest has; rejects when no data come. */
export async function ask<Data, Variables>(
  url: string,
  document: TypedDocumentNode<Data, Variables>,
  variables: Variables,
  send: 'id' | 'text' = 'text',
): Promise<Data> {
  const { hash } = (document as { __meta__?: { hash?: string } }).__meta__ ?? {}
  const named = send === 'id' ? { documentId: hash } : { query: print(document) }
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ ...named, variables }),
  })
  const { data, errors } = (await response.json()) as { data?: Data; errors?: { message: string }[] }
  if (data == null) throw new AskError(errors ?? [{ message: `Status ${response.status}.` }])
  return data
}
