import { readFileSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { createClient, ImportFailed } from './client.ts'
import { FeedError } from './feed.ts'
import { HELP, readOptions, UsageError } from './options.ts'
import { createProgress } from './progress.ts'
import { openReport, summaryLines } from './report.ts'
import { runImport } from './run.ts'

const root = resolve(import.meta.dirname, '../../../..')

/** A token from the environment, or the one that `npm start` leaves on a development machine. */
function findToken(): string {
  if (process.env.IMPORT_TOKEN) return process.env.IMPORT_TOKEN
  const file = join(process.env.DATA_DIR || join(root, '.data'), 'staff-token')
  try {
    return readFileSync(file, 'utf8').trim()
  } catch {
    throw new UsageError(
      `No token: give --token, set IMPORT_TOKEN, or start the graph here (it leaves one in ${file}).`,
    )
  }
}

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2))
  if (options === null) return console.log(HELP)
  const started = Date.now()
  const size = statSync(options.file, { throwIfNoEntry: false })?.size ?? 0
  const progress = createProgress(process.stderr, Date.now)
  const say = (line: string): void => {
    progress.clear()
    console.error(line)
  }
  const report = await openReport(options.report, say)
  const client = createClient({
    url: options.url,
    token: options.token ?? findToken(),
    retrying: (reason) => say(`A batch is sent again: ${reason}`),
  })
  try {
    await runImport({
      ...options,
      report,
      send: client,
      progress: (bytes) => progress.show(size > 0 ? bytes / size : 0, report.summary.rows),
      note: say,
    })
  } finally {
    await report.end()
    progress.clear()
    const seconds = (Date.now() - started) / 1000
    for (const line of summaryLines(report.summary, seconds)) console.log(line)
  }
  if (report.summary.rejected > 0) process.exitCode = 1
}

try {
  await main()
} catch (error) {
  const said = error instanceof FeedError || error instanceof ImportFailed || error instanceof UsageError
  console.error(error instanceof FeedError ? `${process.argv[2]}: ${error.message}` : said ? error.message : error)
  if (error instanceof UsageError) console.error('See --help.')
  process.exitCode = 2
}
