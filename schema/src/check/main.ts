import { writeFileSync } from 'node:fs'
import { checkSchemas } from './check.ts'
import { formats } from './formats/formats.ts'
import { load } from './load.ts'
import { HELP, type Options, readOptions, UsageError } from './options.ts'
import type { Report } from './report.ts'

function write(report: Report, outputs: Options['outputs']): void {
  for (const { format, out } of outputs) {
    const text = formats[format]?.(report) ?? ''
    if (out === null) process.stdout.write(text)
    else writeTo(out, text)
  }
}

function writeTo(out: string, text: string): void {
  try {
    writeFileSync(out, text)
  } catch (error) {
    throw new UsageError(`--out ${out} cannot be written (${(error as { code?: string }).code}).`)
  }
}

try {
  const options = readOptions(process.argv.slice(2))
  if (options === null) {
    console.log(HELP)
  } else {
    const report = await checkSchemas(load(options, new Date().toISOString().slice(0, 10)))
    write(report, options.outputs)
    process.exitCode = report.ok ? 0 : 1
  }
} catch (error) {
  const isUsage = error instanceof UsageError
  console.error(isUsage ? error.message : error)
  process.exitCode = isUsage ? 2 : 3
}
