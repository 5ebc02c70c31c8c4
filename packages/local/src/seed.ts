import { spawn } from 'node:child_process'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Graph } from './graph.ts'
import { projectRoot } from './secrets.ts'

/**
 * Imports the sample shop through the graph, as any client would, when the catalog is empty; answers whether it did. The file `marker`
 * stands while it does: an import that was interrupted is done again, which changes nothing twice. A gateway that lets only trusted documents run
 * takes no import.
 */
export async function seedIfEmpty(graph: Graph, marker: string, say: (line: string) => void): Promise<boolean> {
  try {
    const { products } = await ask<{ products: { nodes: unknown[] } }>(graph, '{ products(first: 1) { nodes { id } } }')
    if (products.nodes.length > 0 && !existsSync(marker)) return false
  } catch (error) {
    if (!(error instanceof Refused) || error.code !== 'DOCUMENT_NOT_TRUSTED') throw error
    say(
      'The sample shop is not imported: only trusted documents run here. To have it, start once without TRUSTED_DOCUMENTS.',
    )
    return false
  }
  say('The sample shop is being imported.')
  writeFileSync(marker, '')
  await importFeed(graph, join(projectRoot, 'prisma/seed/sample-shop.jsonl'))
  const stock = JSON.parse(readFileSync(join(projectRoot, 'prisma/seed/stock.json'), 'utf8')) as Record<string, number>
  for (const [sku, onHand] of Object.entries(stock)) {
    const { stockSet } = await ask<{ stockSet: { userErrors: { message: string }[] } }>(
      graph,
      'mutation Seed($input: StockSetInput!) { stockSet(input: $input) { userErrors { message } } }',
      { input: { sku, onHand, idempotencyKey: `sample-shop-${sku}` } },
    )
    const [problem] = stockSet.userErrors
    if (problem) throw new Error(`The sample stock of ${sku} was refused: ${problem.message}`)
  }
  rmSync(marker)
  return true
}

function importFeed(graph: Graph, file: string): Promise<void> {
  const script = join(projectRoot, 'subgraphs/catalog/src/import/main.ts')
  const args = [script, file, '--url', `${graph.url}/graphql`]
  const child = spawn(process.execPath, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH, IMPORT_TOKEN: graph.staffToken },
  })
  let output = ''
  child.stdout.on('data', (chunk) => (output += chunk))
  child.stderr.on('data', (chunk) => (output += chunk))
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code) =>
      code === 0 ? resolve() : reject(new Error(`The sample shop was not imported: ${output}`)),
    )
  })
}

class Refused extends Error {
  readonly code: string | undefined
  constructor(message: string, code?: string) {
    super(message)
    this.code = code
  }
}

/** One operation as staff. Throws `Refused` with the first error's message and code. */
async function ask<T>(graph: Graph, query: string, variables = {}): Promise<T> {
  const response = await fetch(`${graph.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${graph.staffToken}` },
    body: JSON.stringify({ query, variables }),
    signal: AbortSignal.timeout(30_000),
  })
  const { data, errors } = (await response.json()) as {
    data?: T
    errors?: { message: string; extensions?: { code?: string } }[]
  }
  if (errors?.[0] || !data) throw new Refused(errors?.[0]?.message ?? 'no answer', errors?.[0]?.extensions?.code)
  return data
}
