import { writeFileSync } from 'node:fs'
import { checkSchemas } from './check.ts'
import { formats } from './formats/formats.ts'
import { load } from './load.ts'
import { HELP, readOptions, UsageError } from './options.ts'

/** What a run prints, and its exit code: 0 passed, 1 failed, 2 wrong option, configuration or input, 3 a fault of the check itself. */
export interface Result {
  code: 0 | 1 | 2 | 3
  out: string
  err: string
}

/** One run of the command with its arguments, on a day `YYYY-MM-DD`; relative paths are from the working folder. */
export async function run(args: string[], today: string): Promise<Result> {
  try {
    const options = readOptions(args)
    if (options === null) return { code: 0, out: `${HELP}\n`, err: '' }
    const report = await checkSchemas(load(options, today))
    let printed = ''
    for (const { format, out } of options.outputs) {
      const text = formats[format]?.(report) ?? ''
      if (out === null) printed += text
      else write(out, text)
    }
    return { code: report.ok ? 0 : 1, out: printed, err: '' }
  } catch (error) {
    if (error instanceof UsageError) return { code: 2, out: '', err: `${error.message}\n` }
    return { code: 3, out: '', err: `${(error as Error).stack ?? error}\n` }
  }
}

function write(out: string, text: string): void {
  try {
    writeFileSync(out, text)
  } catch (error) {
    throw new UsageError(`--out ${out} cannot be written (${(error as { code?: string }).code}).`)
  }
}
