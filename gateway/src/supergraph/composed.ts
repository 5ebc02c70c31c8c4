import { type ConstDirectiveNode, type DocumentNode, GraphQLError, Kind, parse, visit } from 'graphql'
import { textOf } from './requires-types.ts'

/** What to do about a supergraph that is not there. */
export const composeIt = 'Compose it first (npm run compose -- --config <yaml> --out <file>)'

/** Throws one sentence when a text is no supergraph of Federation 2, with what it is instead. */
export function refuseOtherTexts(text: string): void {
  if (text.trim() === '') throw new Error(`it is empty. ${composeIt}.`)
  try {
    refuseOtherSchemas(parse(text))
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error
    throw new Error(
      `it is not GraphQL, line ${error.locations?.[0]?.line}: ${error.message.replace(/\.$/, '')}. ${composeIt}.`,
    )
  }
}

/** Throws one sentence when a schema is no supergraph of Federation 2, with what it is instead: a parser's complaint would not tell. */
export function refuseOtherSchemas(document: DocumentNode): void {
  const links = linksOf(document)
  const join = links.find((url) => /\/join\/v\d/.test(url))
  if (join?.endsWith('/join/v0.1')) throw new Error('it was composed by Federation 1; compose it with Federation 2.')
  if (join) return
  const isSubgraph = links.some((url) => url.includes('/federation/v')) || hasKeys(document)
  const what = isSubgraph ? 'the schema of one subgraph' : 'a GraphQL schema without subgraphs'
  throw new Error(
    `it is ${what}, not a supergraph; compose the subgraphs and give what comes of it (npm run compose -- --config <yaml> --out <file>).`,
  )
}

/** The specifications that a schema says it uses. */
function linksOf(document: DocumentNode): string[] {
  return document.definitions.flatMap((node) => {
    if (node.kind !== Kind.SCHEMA_DEFINITION && node.kind !== Kind.SCHEMA_EXTENSION) return []
    // What is `@link` now was `@core` once.
    return (node.directives ?? []).flatMap((one) => textOf(one, 'url') ?? textOf(one, 'feature') ?? [])
  })
}

function hasKeys(document: DocumentNode): boolean {
  let found = false
  visit(document, {
    Directive(node) {
      if (node.name.value === 'key' && textOf(node as ConstDirectiveNode, 'fields') !== undefined) found = true
    },
  })
  return found
}
