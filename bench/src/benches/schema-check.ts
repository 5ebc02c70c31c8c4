import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { type Bench, CannotRun, type Row } from '../bench.ts'
import { setStage } from '../schema-check/stage.ts'

const command = join(import.meta.dirname, '../../../schema/src/check/main.ts')
const goalSeconds = 5

/** Writes, when the process ends, the most memory that it had in RAM, as the operating system counted it, in KiB. */
const tellMemory = (file: string) =>
  `data:text/javascript,${encodeURIComponent(
    `import{writeFileSync}from'node:fs';process.on('exit',()=>writeFileSync(${JSON.stringify(file)},String(process.resourceUsage().maxRSS)))`,
  )}`

export const bench: Bench = {
  summary: 'npm run schema:check over the graph and 500 operations: seconds and memory, about half a minute',
  options: { runs: { type: 'string', default: '5' }, operations: { type: 'string', default: '500' } },
  help: `  --runs <number>        how often it is run, each time a process of its own (default 5)
  --operations <number>  how many operations it checks (default 500)`,
  async run({ runs, operations }, { progress, whenDone, signal }) {
    const stage = setStage(Number(operations))
    whenDone(async () => stage.remove())
    const results: Row[] = []
    for (let run = 1; run <= Number(runs); run++) {
      signal.throwIfAborted()
      const measured = await check(stage.list, signal)
      progress(`run ${run}: ${measured.seconds} s, ${measured.peakMiB} MiB`)
      results.push({ run, subgraphs: stage.subgraphs, types: stage.types, operations: stage.operations, ...measured })
    }
    const slowest = Math.max(...results.map(({ seconds }) => Number(seconds)))
    const most = Math.max(...results.map(({ peakMiB }) => Number(peakMiB)))
    return {
      results,
      goals: [
        {
          name: `four subgraphs and ${stage.operations} operations, the slowest run`,
          target: `< ${goalSeconds} s`,
          value: slowest,
          met: slowest < goalSeconds && stage.subgraphs === 4 && stage.operations >= 500,
        },
        { name: 'peak memory of the process is stated', target: 'MiB', value: most, met: most > 0 },
      ],
    }
  },
}

/** One run of the command as people run it, from its start to its end. */
async function check(list: string, signal: AbortSignal) {
  const memory = join(tmpdir(), `schema-check-${process.pid}.txt`)
  const args = ['--import', tellMemory(memory), command, '--list', list, '--base', 'HEAD', '--format', 'json']
  const begun = performance.now()
  const child = spawn(process.execPath, args, { signal, stdio: ['ignore', 'pipe', 'pipe'] })
  const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
  const seconds = Math.round(performance.now() - begun) / 1_000
  if (code !== 0 && code !== 1) throw new CannotRun(`The check ended with exit code ${code}: ${err.trim()}`)
  const { operations, changes } = JSON.parse(out) as { operations: unknown[]; changes: unknown[] }
  const peakMiB = Math.round(Number(readFileSync(memory, 'utf8')) / 1_024)
  rmSync(memory)
  return { seconds, peakMiB, checked: operations.length, changes: changes.length, exit: code }
}
