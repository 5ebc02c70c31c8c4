import { readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { type DocumentNode, GraphQLError, parse, Source } from 'graphql'
import { parse as parseYaml } from 'yaml'

/** One subgraph as the list has it. */
export interface ListedSubgraph {
  name: string
  url: string
  /** Path of its schema, from the working folder. */
  file: string
  typeDefs: DocumentNode
}

/** The text of a file at an absolute path; `shown` is how an error names it. Throws one sentence when it cannot be read. */
export type ReadText = (path: string, shown: string) => string

const ownList = join(import.meta.dirname, '../supergraph.yaml')

/**
 * Every subgraph that a list in YAML names (`subgraphs: { <name>: { routing_url, schema: { file } } }`, files from the list's own
 * folder), in its order, with its parsed schema; `read` finds the files elsewhere than on disk. Throws one sentence when the list or a schema cannot be read, with line and column.
 */
export function readSubgraphs(listFile = ownList, read: ReadText = readText): ListedSubgraph[] {
  const shown = relative('', resolve(listFile))
  return entriesOf(parseList(read(listFile, shown), shown), shown).map(([name, entry]) => {
    const { routing_url: url, schema } = (entry ?? {}) as { routing_url?: unknown; schema?: { file?: unknown } }
    if (typeof url !== 'string' || typeof schema?.file !== 'string') {
      throw new Error(`${shown}: the subgraph "${name}" needs "routing_url: <address>" and "schema: { file: <path> }".`)
    }
    const path = resolve(dirname(listFile), schema.file)
    const file = relative('', path)
    return { name, url, file, typeDefs: parseFile(read(path, file), file) }
  })
}

function entriesOf(list: unknown, shown: string): [string, unknown][] {
  const { subgraphs } = (list ?? {}) as { subgraphs?: unknown }
  const entries = typeof subgraphs === 'object' && subgraphs !== null ? Object.entries(subgraphs) : []
  if (entries.length === 0)
    throw new Error(`${shown} lists no subgraphs: it needs "subgraphs:" with at least one name.`)
  return entries
}

function readText(path: string, shown: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    const { code } = error as { code?: string }
    const why = code === 'ENOENT' ? 'there is no such file' : code === 'EISDIR' ? 'it is a folder' : code
    throw new Error(`${shown} cannot be read: ${why}.`)
  }
}

function parseList(text: string, shown: string): unknown {
  try {
    return parseYaml(text)
  } catch (error) {
    throw new Error(`${shown} is not YAML: ${(error as Error).message.split('\n', 1)[0]?.replace(/:$/, '')}.`)
  }
}

function parseFile(text: string, file: string): DocumentNode {
  try {
    return parse(new Source(text, file))
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error
    const [place] = error.locations ?? []
    throw new Error(`${file}:${place?.line}:${place?.column}: ${error.message}`)
  }
}
