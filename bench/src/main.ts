import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { parseArgs } from 'node:util'
import { type Bench, CannotRun, type Tools, UsageError } from './bench.ts'
import { asText, machine, type Report } from './report.ts'
import { stopList } from './stops.ts'

const benches = join(import.meta.dirname, 'benches')
const results = join(import.meta.dirname, '../results')
const common = { json: { type: 'boolean' }, save: { type: 'boolean' }, help: { type: 'boolean' } } as const

async function main([name, ...args]: string[]): Promise<void> {
  const names = (await readdir(benches)).map((file) => file.replace('.ts', ''))
  if (name === '--help') return void process.stdout.write(await help(names))
  if (name === undefined) {
    process.stderr.write(await help(names))
    process.exitCode = 2
    return
  }
  if (name.startsWith('-')) throw new UsageError(`Unknown option '${name}'; a bench comes first: ${names.join(', ')}.`)
  if (!names.includes(name)) throw new UsageError(`There is no bench "${name}"; there are: ${names.join(', ')}.`)
  const bench = await load(name)
  const { values } = parse(bench, args)
  if (values.help) return void process.stdout.write(await help([name]))

  const stops = stopList()
  const end = new AbortController()
  const tools: Tools = {
    progress: (line) => process.stderr.write(`${line}\n`),
    whenDone: stops.add,
    signal: end.signal,
  }
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => end.abort(new CannotRun(`Stopped by ${signal}: nothing was measured to the end.`)))
  }
  const started = performance.now()
  const aborted = new Promise<never>((_, reject) => {
    end.signal.addEventListener('abort', () => reject(end.signal.reason))
  })
  try {
    const measured = await Promise.race([bench.run(values, tools), aborted])
    const report: Report = { name, machine: machine(), seconds: round(started), ...measured }
    process.stdout.write(values.json ? `${JSON.stringify(report)}\n` : `${asText(report)}\n`)
    if (values.save) await save(report, tools)
  } finally {
    end.abort()
    await stops.stop()
  }
}

async function load(name: string): Promise<Bench> {
  return (await import(join(benches, `${name}.ts`))).bench
}

function parse(bench: Bench, args: string[]) {
  try {
    return parseArgs({ args, options: { ...bench.options, ...common } })
  } catch (error) {
    // Further lines are about values that begin with a dash.
    throw new UsageError((error as Error).message.split('\n', 1)[0])
  }
}

async function help(names: string[]): Promise<string> {
  const parts = await Promise.all(
    names.map(async (name) => {
      const { summary, help: options } = await load(name)
      return `\n${name}: ${summary}\n${options}\n`
    }),
  )
  return `Measures the graph against other gateways and against its goals.

Usage: npm run bench -- <name> [options]

  --json   one JSON object on stdout (npm run -s bench -- <name> --json), what happens on stderr
  --save   keep the JSON in bench/results/<name>.json
  --help   this text
${parts.join('')}`
}

async function save(report: Report, { progress }: Tools): Promise<void> {
  await mkdir(results, { recursive: true })
  const file = join(results, `${report.name}.json`)
  await writeFile(file, `${JSON.stringify(report, null, 2)}\n`)
  progress(`saved ${relative(process.cwd(), file)}`)
}

function round(started: number): number {
  return Math.round((performance.now() - started) / 100) / 10
}

try {
  await main(process.argv.slice(2))
} catch (error) {
  const told = error instanceof UsageError || error instanceof CannotRun
  const seeHelp = error instanceof UsageError ? `${error.message.replace(/\.$/, '')}. See --help.` : undefined
  process.stderr.write(`${seeHelp ?? (told ? error.message : (error as Error).stack)}\n`)
  process.exitCode = error instanceof UsageError ? 2 : 1
}
