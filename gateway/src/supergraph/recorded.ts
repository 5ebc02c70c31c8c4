import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { StartError } from '@commerce/service/config.ts'
import { type ASTNode, type DocumentNode, type FragmentDefinitionNode, Kind, parse, print, visit } from 'graphql'
import { z } from 'zod'
import type { Asked } from './plans.ts'

/** Operations that clients are known to ask, and what could not be read, one sentence each. */
export interface Recorded {
  operations: Asked[]
  /** The documents of manifests by their ids; `sha256:` before an id is left out. */
  documents: ReadonlyMap<string, string>
  problems: string[]
}

/** More than this is not read: a folder named by mistake must not fill the memory. */
const most = { files: 10_000, bytesPerFile: 16 * 1024 * 1024, operations: 10_000 }

const apolloManifest = z.object({
  format: z.literal('apollo-persisted-query-manifest'),
  version: z.literal(1).optional(),
  operations: z.array(z.object({ id: z.string().min(1), body: z.string() })),
})
const flatManifest = z.record(z.string().min(1), z.string())
/** The other requests of a gateway get their turn after so many documents. */
const parsedAtOnce = 20

/**
 * Reads a folder of recorded operations: `*.graphql` files, and `*.json` manifests, either Apollo's or one object from hash to
 * document. A fragment that a `.graphql` file spreads and does not define is taken from the others. Rejects when the folder
 * cannot be read.
 */
export async function readRecorded(folder: string | null): Promise<Recorded> {
  if (folder === null) return { operations: [], documents: new Map(), problems: [] }
  const files = await filesIn(folder)
  const problems: string[] = []
  const documents: { file: string; text: string; document: DocumentNode }[] = []
  const operations: Asked[] = []
  const byId = new Map<string, string>()
  if (files.length > most.files) {
    problems.push(`${folder} has ${files.length} files: only the first ${most.files} are read.`)
  }
  for (const file of files.slice(0, most.files)) {
    try {
      const { size } = await stat(join(folder, file))
      if (size > most.bytesPerFile) throw new Error(`it has ${size} bytes, ${most.bytesPerFile} are allowed`)
      const text = await readFile(join(folder, file), 'utf8')
      if (file.endsWith('.json')) operations.push(...(await readManifest(text, byId)))
      else documents.push({ file, text, document: parse(text, { noLocation: true }) })
    } catch (error) {
      problems.push(`${join(folder, file)} holds no operations: ${(error as Error).message.split('\n', 1)[0]}`)
    }
  }
  const library = fragmentsOf(documents.map(({ document }) => document))
  for (const { text, document } of documents) {
    operations.push(...operationsOf([text, ...borrowed(document, library)].join('\n'), document))
  }
  if (operations.length > most.operations) {
    problems.push(`${folder} has ${operations.length} operations: only the first ${most.operations} are read.`)
  }
  return { operations: operations.slice(0, most.operations), documents: byId, problems }
}

async function filesIn(folder: string): Promise<string[]> {
  try {
    const found = await readdir(folder, { recursive: true })
    return found.filter((file) => /\.(graphql|gql|json)$/.test(file)).sort()
  } catch (error) {
    throw new StartError(
      `The folder of recorded operations (--operations) cannot be read: ${(error as Error).message}.`,
    )
  }
}

/** The operations of a manifest, whose documents are added to `byId` when all of them can be read. */
async function readManifest(text: string, byId: Map<string, string>): Promise<Asked[]> {
  const operations: Asked[] = []
  const entries = entriesOf(text)
  if (byId.size + entries.length > most.operations) throw new Error(`more than ${most.operations} documents have ids`)
  for (const [index, [id, body]] of entries.entries()) {
    if (index % parsedAtOnce === parsedAtOnce - 1) await turn()
    if ((byId.get(id) ?? body) !== body) throw new Error(`the id ${id} names two documents`)
    operations.push(...operationsOf(body, parse(body, { noLocation: true })))
  }
  for (const [id, body] of entries) byId.set(id, body)
  return operations
}

function entriesOf(text: string): [id: string, body: string][] {
  const value: unknown = JSON.parse(text)
  const manifest = apolloManifest.safeParse(value)
  if (manifest.success) return manifest.data.operations.map(({ id, body }) => [plainId(id), body])
  const flat = flatManifest.safeParse(value)
  if (flat.success) return Object.entries(flat.data).map(([id, body]) => [plainId(id), body])
  throw new Error(
    'a manifest is an object from hash to document, or Apollo\'s {"format":"apollo-persisted-query-manifest","version":1}',
  )
}

/** An id without the `sha256:` that GraphQL over HTTP has before hashes, and other forms of requests have not. */
export function plainId(id: string): string {
  return id.startsWith('sha256:') ? id.slice('sha256:'.length) : id
}

function operationsOf(source: string, document: DocumentNode): Asked[] {
  return document.definitions.flatMap((definition) =>
    definition.kind === Kind.OPERATION_DEFINITION ? [{ source, operationName: definition.name?.value }] : [],
  )
}

/** The texts of the fragments that a document reaches and does not define, as far as others define them. */
function borrowed(document: DocumentNode, library: ReadonlyMap<string, FragmentDefinitionNode>): string[] {
  const own = new Set(fragmentsOf([document]).keys())
  const found = new Map<string, FragmentDefinitionNode>()
  const reach = (node: ASTNode) =>
    visit(node, {
      FragmentSpread: ({ name: { value } }) => {
        const fragment = library.get(value)
        if (!fragment || own.has(value) || found.has(value)) return
        found.set(value, fragment)
        reach(fragment)
      },
    })
  reach(document)
  return [...found.values()].map((fragment) => print(fragment))
}

function fragmentsOf(documents: readonly DocumentNode[]): Map<string, FragmentDefinitionNode> {
  return new Map(
    documents
      .flatMap(({ definitions }) => definitions)
      .flatMap((d) => (d.kind === Kind.FRAGMENT_DEFINITION ? [[d.name.value, d] as const] : [])),
  )
}
