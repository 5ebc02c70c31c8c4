import { readFileSync, writeFileSync } from 'node:fs'
import { basename, join, relative, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { composeServices } from '@apollo/composition'
import { contractSchemas, withContracts } from '@commerce/gateway/supergraph/contracts.ts'
import { type GraphQLError, parse } from 'graphql'
import { type ListedSubgraph, readContracts, readSubgraphs } from './subgraphs.ts'

const HELP = `Usage: npm run compose -- [--config <yaml>] [--out <file>] [--check]

Composes subgraphs' schemas into a Federation 2 supergraph, which "npm run gateway -- --supergraph <file>" serves.
  --config <yaml>  the list of subgraphs (default schema/supergraph.yaml)
  --out <file>     where the supergraph is written (default schema/supergraph.graphql; needed with --config)
  --check          write nothing; exit 1 when the file is not what composes now
  --help           this text
A list holds, for each subgraph, where it answers and its schema's file, from the list's own folder:
  subgraphs:
    products:
      routing_url: http://127.0.0.1:4001/graphql
      schema: { file: products.graphql }
and may hold contracts, parts of the API that gateways serve below /contracts/<name>, by what subgraphs tag:
  contracts:
    partners: { exclude: [internal] }`

const project = join(import.meta.dirname, '../..')
const WARNING = 60 // composition's hint levels: 60 is a warning, lower ones are remarks

interface Wanted {
  config: string
  out: string
  check: boolean
}

/** What the command line asks for; null is the help. */
function wanted(): Wanted | null {
  const { values } = parseArgs({
    options: {
      config: { type: 'string' },
      out: { type: 'string' },
      check: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h' },
    },
  })
  if (values.help) return null
  if (values.config !== undefined && values.out === undefined) {
    throw new Error('--config needs --out, so that the supergraph of this project stays. See --help.')
  }
  const { config, out, check } = values
  return {
    config: config === undefined ? join(project, 'schema/supergraph.yaml') : resolve(config),
    out: out === undefined ? join(project, 'schema/supergraph.graphql') : resolve(out),
    check,
  }
}

function compose({ config, out, check }: Wanted): void {
  const [list, target] = [relative('', config), relative('', out)]
  const subgraphs = readSubgraphs(config)
  const contracts = readContracts(config)
  const { supergraphSdl, errors, hints } = composeServices(subgraphs)
  for (const error of errors ?? []) console.error(`error: ${describe(error, subgraphs)}`)
  if (!supergraphSdl) {
    console.error(`The subgraphs do not compose; nothing is written to ${target}.`)
    process.exitCode = 1
    return
  }
  const sdl = withContracts(supergraphSdl, contracts)
  try {
    contractSchemas(parse(sdl))
  } catch (error) {
    console.error(`error: ${(error as Error).message}\nNothing is written to ${target}.`)
    process.exitCode = 1
    return
  }
  for (const hint of hints ?? []) {
    if (hint.definition.level.value >= WARNING) console.error(`hint: ${hint.message}`)
  }
  const composed = `# Composed by \`npm run compose\` from the schemas in ${basename(config)}. Not to be edited.\n${sdl}\n`
  if (!check) {
    write(out, target, composed)
    console.log(`${target}: ${subgraphs.map((one) => one.name).join(', ')}`)
  } else if (current(out) !== composed) {
    console.error(`${target} is not what ${list} composes to: run "npm run compose" without --check and commit it.`)
    process.exitCode = 1
  }
}

function write(path: string, shown: string, text: string): void {
  try {
    writeFileSync(path, text)
  } catch (error) {
    throw new Error(`${shown} cannot be written (${(error as { code?: string }).code}). See --help.`)
  }
}

function current(path: string): string | null {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return null
  }
}

function describe(error: GraphQLError, subgraphs: readonly ListedSubgraph[]): string {
  const places = (error.nodes ?? []).flatMap((node) => {
    const subgraph = subgraphs.find(({ name }) => name === (node as { subgraph?: string }).subgraph)
    return node.loc && subgraph ? [`${subgraph.file}:${node.loc.startToken.line}:${node.loc.startToken.column}`] : []
  })
  return [error.message, ...places].join('\n  at ')
}

try {
  const asked = wanted()
  if (asked) compose(asked)
  else console.log(HELP)
} catch (error) {
  const { message, code } = error as Error & { code?: string }
  const isUsage = code?.startsWith('ERR_PARSE_ARGS')
  console.error(isUsage ? `${message.split('\n', 1)[0]?.replace(/\.$/, '')}. See --help.` : message)
  process.exitCode = 2
}
