import { readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { type DocumentNode, GraphQLError, parse, Source } from 'graphql'
import { parse as parseYaml } from 'yaml'

/** One subgraph as supergraph.yaml lists it. */
export interface ListedSubgraph {
  name: string
  url: string
  /** Path of its schema, from the project's root. */
  file: string
  typeDefs: DocumentNode
}

const root = join(import.meta.dirname, '../..')
const listFile = join(root, 'schema/supergraph.yaml')

/** Every subgraph of supergraph.yaml, in its order, with its parsed schema. Throws a sentence with file, line and column when one does not parse. */
export function readSubgraphs(): ListedSubgraph[] {
  const list = parseYaml(readFileSync(listFile, 'utf8')) as {
    subgraphs: Record<string, { routing_url: string; schema: { file: string } }>
  }
  return Object.entries(list.subgraphs).map(([name, { routing_url, schema }]) => {
    const path = join(dirname(listFile), schema.file)
    const file = relative(root, path)
    return { name, url: routing_url, file, typeDefs: parseFile(path, file) }
  })
}

function parseFile(path: string, file: string): DocumentNode {
  try {
    return parse(new Source(readFileSync(path, 'utf8'), file))
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error
    const [place] = error.locations ?? []
    throw new Error(`${file}:${place?.line}:${place?.column}: ${error.message}`)
  }
}
