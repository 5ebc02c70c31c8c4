import { run } from './run.ts'

const { code, out, err } = await run(process.argv.slice(2), new Date().toISOString().slice(0, 10))
process.stdout.write(out)
process.stderr.write(err)
process.exitCode = code
