import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { breakableProcesses, takeOut } from './breaks.ts'
import { check } from './check.ts'
import { HELP, readOptions, UsageError } from './options.ts'
import { reportAsText, reportOf } from './report.ts'
import { openShop } from './shop.ts'

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2))
  if (!options) return void process.stdout.write(HELP)
  const { broken, json, ...rest } = options
  const scratch = mkdtempSync(join(tmpdir(), 'commerce-orders-'))
  chmodSync(scratch, 0o711) // PostgreSQL runs as another user when we are root
  const stops: (() => Promise<unknown>)[] = []
  const end = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => end.abort())
  const whenDone = (stop: () => Promise<unknown>) => void stops.push(stop)
  try {
    const shop = await openShop({
      folder: join(scratch, 'shop'),
      nodeOptions: broken ? breakableProcesses : {},
      whenDone,
    })
    const outcome = await check(shop, {
      ...rest,
      async prepare() {
        if (broken) await takeOut(broken, shop)
      },
      progress: (line) => process.stderr.write(`${line}\n`),
      whenDone,
      signal: end.signal,
    })
    const report = reportOf(outcome, options.seed)
    process.stdout.write(`${json ? JSON.stringify(report) : reportAsText(report)}\n`)
    if (report.goals.some(({ met }) => !met)) process.exitCode = 1
  } finally {
    for (const stop of stops.reverse()) await stop().catch(() => {})
    rmSync(scratch, { recursive: true, force: true })
  }
}

try {
  await main()
} catch (error) {
  const isUsage = error instanceof UsageError
  process.stderr.write(`${isUsage ? `${error.message} See --help.` : (error as Error).message}\n`)
  process.exitCode = isUsage ? 2 : 1
}
