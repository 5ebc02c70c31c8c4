import { check } from './check.ts'
import { HELP, readOptions, UsageError } from './options.ts'
import { reportAsText, reportOf } from './report.ts'

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2))
  if (!options) return void process.stdout.write(HELP)
  const started = performance.now()
  const progress = (line: string) => void process.stderr.write(`${line}\n`)
  if (!options.url && options.catalogs.includes('sample-shop')) {
    progress('The real products are not at ../shared/data: the sample shop is judged, which is small and easy.')
  }
  const { scores, worst } = await check(options, progress)
  const report = reportOf(scores, worst, Math.round((performance.now() - started) / 100) / 10, options)
  process.stdout.write(`${options.json ? JSON.stringify(report) : reportAsText(report)}\n`)
  if (report.violations > 0) process.exitCode = 1
}

try {
  await main()
} catch (error) {
  const isUsage = error instanceof UsageError
  process.stderr.write(`${isUsage ? `${error.message} See --help.` : (error as Error).message}\n`)
  process.exitCode = isUsage ? 2 : 1
}
