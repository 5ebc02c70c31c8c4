import { readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { openPlanning, type Planning } from '@commerce/gateway/supergraph/planning.ts'
import { sentenceOf } from '@commerce/gateway/supergraph/sentence.ts'
import { buildSchema, type GraphQLSchema } from 'graphql'

/** What a command line asks for is wrong: told in one sentence, exit code 2. */
export class UsageError extends Error {}

/** The composed supergraph of this project. */
export const supergraphFile = join(import.meta.dirname, '../../schema/supergraph.graphql')

/** A supergraph as frontend teams see it. */
export interface Api {
  /** The API schema: what clients may ask, without what only gateways and subgraphs know. */
  sdl: string
  schema: GraphQLSchema
  /** The supergraph's own text. */
  supergraph: string
  planning: Planning
  /** The schemas of the contracts, by name, as SDL. */
  contracts: readonly (readonly [name: string, sdl: string])[]
}

/** The API of a composed supergraph in a file. Throws one sentence when there is none, or it is not valid. */
export function readApi(file: string): Api {
  const shown = relative('', file)
  let supergraph: string
  try {
    supergraph = readFileSync(file, 'utf8')
  } catch (error) {
    throw new Error(`The supergraph ${shown} cannot be read (${(error as { code?: string }).code}).`)
  }
  try {
    const planning = openPlanning(supergraph)
    const { apiSdl, contracts } = planning.describe()
    const sdl = `${apiSdl}\n`
    return { sdl, schema: buildSchema(sdl), supergraph, planning, contracts }
  } catch (error) {
    throw new Error(`The supergraph ${shown} is not valid: ${sentenceOf(error)}`)
  }
}

/** Runs a command; what goes wrong is one sentence on stderr, with exit code 2 for a wrong option and 1 for anything else. */
export async function runCommand(command: () => void | Promise<void>): Promise<void> {
  try {
    await command()
  } catch (error) {
    const { message, code } = error as Error & { code?: string }
    const isUsage = error instanceof UsageError || code?.startsWith('ERR_PARSE_ARGS')
    const sentence = (message.split(/\n|\. To specify/, 1)[0] as string).replace(/\.$/, '')
    console.error(isUsage ? `${sentence}. See --help.` : message)
    process.exitCode = isUsage ? 2 : 1
  }
}
