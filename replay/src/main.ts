import { readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { dataFolder } from '@commerce/local/secrets.ts'
import { createProgress } from '../../subgraphs/catalog/src/import/progress.ts'
import { FileError } from './file.ts'
import { GraphFailed, openGraph } from './graph.ts'
import { openJournal } from './journal.ts'
import { HELP, readOptions, UsageError } from './options.ts'
import { replay } from './replay.ts'
import { reportAsText } from './report.ts'

const folder = dataFolder(process.env)

function findToken(): string {
  const { REPLAY_TOKEN } = process.env
  if (REPLAY_TOKEN) return REPLAY_TOKEN
  const file = join(folder, 'staff-token')
  try {
    return readFileSync(file, 'utf8').trim()
  } catch {
    throw new UsageError(
      `No token: give --token, set REPLAY_TOKEN, or start the graph here (it leaves one in ${file}).`,
    )
  }
}

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2))
  if (!options) return void process.stdout.write(HELP)
  const name = basename(options.file).replace(/\.csv(\.gz)?$/, '')
  const graph = openGraph(options.url, options.token ?? findToken(), options.atOnce * 2)
  const journal = openJournal(options.journal ?? join(folder, `replay-${name}.tsv`))
  const end = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => end.abort())
  let now = ''
  let bar = createProgress(process.stderr, Date.now)
  try {
    const report = await replay({
      ...options,
      name,
      graph,
      journal,
      signal: end.signal,
      progress(what, share, invoices) {
        if (what !== now) {
          bar.clear()
          process.stderr.write(`${what}\n`)
          bar = createProgress(process.stderr, Date.now, 'invoices')
          now = what
        }
        bar.show(share, invoices)
      },
    })
    bar.clear()
    process.stdout.write(`${options.json ? JSON.stringify(report) : reportAsText(report)}\n`)
    if (!report.equal) process.exitCode = 1
  } finally {
    bar.clear()
    await graph.close()
  }
}

try {
  await main()
} catch (error) {
  const isUsage = error instanceof UsageError
  const told = isUsage || error instanceof FileError || error instanceof GraphFailed
  process.stderr.write(`${told ? (error as Error).message : (error as Error).stack}${isUsage ? ' See --help.' : ''}\n`)
  process.exitCode = isUsage ? 2 : 1
}
