import { type DocumentNode, GraphQLError, Kind, parse } from 'graphql'

/** A trusted document as a client registered it. */
export interface Operation {
  client: string
  /** The key it is registered by. */
  id: string
  name: string
  body: string
  document: DocumentNode
  /** The manifest, as it is shown. */
  file: string
}

interface Entry {
  id: string
  body: string
}

const FORMATS =
  'expected { "<hash>": "<document>" } or Apollo\'s { "format": "apollo-persisted-query-manifest", "version": 1, "operations": [] }'

/** The operations of one manifest's text, in either format. Throws one sentence with the place when it is not one. */
export function readManifest(text: string, file: string, client: string): Operation[] {
  return entriesOf(parseJson(text, file), file).map(({ id, body }) => {
    const document = parseBody(body, id, file)
    const named = document.definitions.find((one) => one.kind === Kind.OPERATION_DEFINITION)
    if (!named) throw new Error(`${file}: "${id}" is a document without an operation.`)
    return { client, id, name: named.name?.value ?? id.slice(0, 12), body, document, file }
  })
}

function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    // The parser quotes the text, line ends and all.
    throw new Error(`${file} is not JSON: ${(error as Error).message.replace(/\s+/g, ' ')}.`)
  }
}

function entriesOf(manifest: unknown, file: string): Entry[] {
  if (typeof manifest !== 'object' || manifest === null || Array.isArray(manifest)) {
    throw new Error(`${file} is not a manifest of operations: ${FORMATS}.`)
  }
  if ('format' in manifest || 'operations' in manifest)
    return entriesOfApollo(manifest as Record<string, unknown>, file)
  return Object.entries(manifest).map(([id, body]) => {
    if (typeof body !== 'string') throw new Error(`${file}: "${id}" is not a document's text; ${FORMATS}.`)
    return { id, body }
  })
}

function entriesOfApollo({ format, version, operations }: Record<string, unknown>, file: string): Entry[] {
  if (format !== 'apollo-persisted-query-manifest' || version !== 1 || !Array.isArray(operations)) {
    throw new Error(`${file} has the format ${JSON.stringify(format)}, version ${JSON.stringify(version)}; ${FORMATS}.`)
  }
  return operations.map((operation: { id?: unknown; body?: unknown } | null, index) => {
    const { id, body } = operation ?? {}
    if (typeof id !== 'string' || typeof body !== 'string') {
      throw new Error(`${file}: operations[${index}] needs "id" and "body", both texts.`)
    }
    return { id, body }
  })
}

function parseBody(body: string, id: string, file: string): DocumentNode {
  try {
    return parse(body)
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error
    const [place] = error.locations ?? []
    throw new Error(`${file}: "${id}", line ${place?.line}, column ${place?.column}: ${error.message}`)
  }
}

/** An operation as people are told of it. */
export function nameOf({ client, name }: Operation): string {
  return `${client}/${name}`
}
