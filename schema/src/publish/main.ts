import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { parseArgs } from 'node:util'
import { connectEvents } from '@commerce/events/connection.ts'
import { supergraphHistory } from '@commerce/events/supergraph-history.ts'
import { swapSeconds } from '@commerce/gateway/publish.ts'
import { ConfigError } from '@commerce/service/config.ts'
import { createLog } from '@commerce/service/log.ts'
import { type Releases, release, rollBack, tellHistory } from './releases.ts'

const HELP = `Usage: NATS_URL=nats://… npm run schema:publish -- [<supergraph file>] [options]

Publishes a supergraph on NATS. Every gateway that runs with "--supergraph nats" takes it over, all in the same moment.
Without a file it is schema/supergraph.graphql, which must be what the subgraphs compose to. What a gateway would refuse
is not published.
  --history              tells what was published, the newest first (the last ten are kept)
  --rollback <revision>  publishes that revision of the history once more
  --graph <name>         which graph, where several share a NATS (default "current"; gateways: --supergraph nats:<name>)
  --swap-in <seconds>    when gateways take it over, 0 to 60 (default 5)
  --help                 this text
NATS_URL says where, as nats://user:password@host:port. Exit code 1 when nothing was published, 2 for a wrong option.`

const supergraph = join(import.meta.dirname, '../../supergraph.graphql')

try {
  const wanted = readOptions()
  if (wanted) await run(wanted)
  else console.log(HELP)
} catch (error) {
  console.error((error as Error).message)
  process.exitCode = error instanceof ConfigError ? 2 : 1
}

function readOptions() {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        history: { type: 'boolean', default: false },
        rollback: { type: 'string' },
        graph: { type: 'string', default: 'current' },
        'swap-in': { type: 'string', default: '5' },
        help: { type: 'boolean', short: 'h' },
      },
    })
    if (values.help) return null
    const [file, ...others] = positionals
    const asked = [values.history, values.rollback !== undefined, file !== undefined].filter(Boolean).length
    if (others.length > 0 || asked > 1)
      throw new Error('One file, --history or --rollback is taken, not several of them')
    if (!/^[\w-]+$/.test(values.graph)) {
      throw new Error(`--graph takes letters, digits, "-" and "_", not "${values.graph}"`)
    }
    const { rollback } = values
    if (rollback !== undefined && !/^[1-9]\d{0,14}$/.test(rollback)) {
      throw new Error(`--rollback takes a revision of --history, a whole number, not "${rollback}"`)
    }
    return { ...values, file, seconds: swapSeconds(values['swap-in']) }
  } catch (error) {
    if (error instanceof ConfigError) throw error
    throw new ConfigError(
      `${(error as Error).message.split(/\n|\. To specify/, 1)[0]?.replace(/\.$/, '')}. See --help.`,
    )
  }
}

async function run({ history, rollback, graph, file, seconds }: NonNullable<ReturnType<typeof readOptions>>) {
  const url = process.env.NATS_URL
  if (!url?.startsWith('nats://')) throw new ConfigError('Say in NATS_URL (nats://…) where to publish. See --help.')
  const text = history || rollback !== undefined ? '' : readSupergraph(file)
  const connection = await connectEvents({ url, name: 'publish', log: createLog('publish', 'silent'), waitMs: 5_000 })
  const releases: Releases = { connection, graph }
  const swapAt = Date.now() + seconds * 1_000
  try {
    if (history) {
      for (const line of tellHistory(await supergraphHistory(connection, graph), graph)) console.log(line)
      return
    }
    const place = `in ${relative('', file ?? supergraph)}`
    const revision =
      rollback === undefined
        ? await release(releases, { sdl: text, place }, swapAt)
        : await rollBack(releases, Number(rollback), swapAt)
    const what = rollback === undefined ? '' : `, which repeats revision ${rollback}`
    console.log(
      `Published as revision ${revision} of "${graph}"${what}; gateways take it over at ${new Date(swapAt).toISOString()}.`,
    )
  } finally {
    await connection.close()
  }
}

/** The text of a file; of the project's own only when it is what composes now. */
function readSupergraph(file: string | undefined): string {
  if (file === undefined) {
    const compose = join(import.meta.dirname, '../compose.ts')
    const { status, stderr } = spawnSync(process.execPath, [compose, '--check'], { encoding: 'utf8' })
    if (status !== 0) throw new Error(stderr.trim())
  }
  try {
    return readFileSync(file ?? supergraph, 'utf8')
  } catch (error) {
    throw new Error(`The supergraph cannot be read: ${(error as Error).message}.`)
  }
}
