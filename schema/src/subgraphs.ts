import { readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { contractName } from '@commerce/gateway/http/address.ts'
import { type Contract, mostContracts } from '@commerce/gateway/supergraph/contracts.ts'
import { type DocumentNode, GraphQLError, parse, Source } from 'graphql'
import { parse as parseYaml } from 'yaml'
import { z } from 'zod'

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

/**
 * The contracts that a list names (`contracts: { <name>: { include: [tags], exclude: [tags] } }`); none when it names none. Throws one
 * sentence when one is not right.
 */
export function readContracts(listFile = ownList, read: ReadText = readText): Contract[] {
  const shown = relative('', resolve(listFile))
  const { contracts } = (parseList(read(listFile, shown), shown) ?? {}) as { contracts?: unknown }
  const { success, data, error } = contractList.safeParse(contracts ?? {})
  if (!success)
    throw new Error(
      `${shown}: contracts${error.issues[0]?.path.map((key) => `.${String(key)}`).join('')}: ${error.issues[0]?.message}.`,
    )
  const names = Object.keys(data)
  const wrong = names.find((name) => !contractName.test(name))
  if (wrong !== undefined)
    throw new Error(
      `${shown}: a contract's name is part of its address: letters, digits, "-" and "_", and not "${wrong}".`,
    )
  if (names.length > mostContracts)
    throw new Error(`${shown}: ${names.length} contracts, ${mostContracts} at most are served.`)
  return Object.entries(data).map(([name, tags]) => ({ name, ...tags }))
}

const tags = z.array(z.string()).default([])
const contractList = z.record(z.string(), z.strictObject({ include: tags, exclude: tags }))

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
