import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { isExecutableDefinitionNode, Kind, parse, print, separateOperations } from 'graphql'

/** The clients of this repository, by the files that have their operations; a folder stands for the files in it. */
const clients: Readonly<Record<string, readonly string[]>> = {
  'example-page': ['frontend/example/src/gql/persisted-documents.json'],
  documentation: ['README.md', 'docs', 'subgraphs/catalog/README.md', 'gateway/README.md'],
  replay: ['replay/src'],
  coherence: ['coherence/src'],
  'orders-check': ['orders-check/src'],
  story: ['e2e'],
}

const project = join(import.meta.dirname, '../../..')

/** The manifest of each client of this repository: what it asks, by the SHA-256 of the text, each operation with its fragments alone. */
export function ownManifests(): Record<string, Record<string, string>> {
  return Object.fromEntries(
    Object.entries(clients).map(([client, places]) => {
      const texts = places.flatMap(filesOf).flatMap((file) => textsIn(file, readFileSync(join(project, file), 'utf8')))
      const bodies = [...new Set(texts.flatMap(operationsIn))]
      const entries = bodies.map((body) => [createHash('sha256').update(body).digest('hex'), body] as const)
      return [client, Object.fromEntries(entries.sort(([one], [other]) => (one < other ? -1 : 1)))]
    }),
  )
}

/** A manifest as its file has it. */
export function manifestText(manifest: Readonly<Record<string, string>>): string {
  return `${JSON.stringify(manifest, null, 2)}\n`
}

function filesOf(place: string): string[] {
  if (/\.\w+$/.test(place)) return [place]
  const files = readdirSync(join(project, place), { recursive: true, encoding: 'utf8' }).sort()
  return files
    .filter((file) => /\.(ts|md)$/.test(file) && !file.includes('node_modules'))
    .map((file) => join(place, file))
}

/** What could be documents: code blocks of a page, values of a manifest, literals of code. */
function textsIn(file: string, text: string): string[] {
  if (file.endsWith('.json')) return Object.values(JSON.parse(text) as Record<string, string>)
  if (file.endsWith('.md')) return [...text.matchAll(/^```graphql\n(.*?)^```/gms)].map(([, block = '']) => block)
  // Constants of the same file stand for their value; what else is put together while code runs is none.
  const constants = new Map(
    [...text.matchAll(/const (\w+) = (?:'([^'\n]*)'|`([^`]*)`|([\d_]+))/g)].map(
      ([, name = '', plain, template, number]) => [name, plain ?? template ?? number?.replaceAll('_', '') ?? ''],
    ),
  )
  const whole = text.replaceAll(/\$\{(\w+)\}/g, (part, name: string) => constants.get(name) ?? part)
  return [...whole.matchAll(/`((?:[^`$]|\$(?!\{))*)`|'([^'\n]*)'/g)].map(
    ([, template, plain]) => template ?? plain ?? '',
  )
}

function operationsIn(text: string): string[] {
  if (!/^\s*(#.*\n\s*)*(query|mutation|subscription|fragment|\{)/.test(text)) return []
  try {
    const document = parse(text, { noLocation: true })
    if (!document.definitions.every(isExecutableDefinitionNode)) return []
    if (!document.definitions.some(({ kind }) => kind === Kind.OPERATION_DEFINITION)) return []
    return Object.values(separateOperations(document)).map(print)
  } catch {
    return []
  }
}
