import { parseArgs } from 'node:util'
import { formats } from './formats/formats.ts'

export const HELP = `Usage: npm run schema:check -- --base <git ref> [--format <name> [--out <file>]]...

Checks the schemas of the working tree against those of a commit: composition, the API and its contracts, what clients' operations
need, and what gateways and caches need while the change rolls out.
  --base <git ref>  the commit to compare with: a branch, a tag, a hash
  --config <yaml>   contracts, clients and policy (default schema/checks.yaml)
  --list <yaml>     the list of subgraphs (default schema/supergraph.yaml)
  --format <name>   ${Object.keys(formats).join(', ')} (default text); may be given several times
  --out <file>      where the format before it is written (default: printed); may be given several times
  --help            this text
Exit code: 0 passed, 1 failed, 2 wrong option, configuration or input, 3 a fault of the check itself.`

/** What the command line asks for; null is the help. */
export interface Options {
  base: string
  config: string | null
  list: string | null
  outputs: { format: string; out: string | null }[]
}

/** Reads the command line. Throws a `UsageError` of one sentence. */
export function readOptions(args: string[]): Options | null {
  const { values, tokens } = parse(args)
  if (values.help) return null
  if (values.base === undefined || values.base === '') {
    throw new UsageError('--base <git ref> is needed, such as --base origin/main. See --help.')
  }
  const outputs: Options['outputs'] = []
  for (const token of tokens) {
    if (token.kind !== 'option') continue
    if (token.name === 'format') {
      const format = token.value ?? ''
      if (!Object.hasOwn(formats, format)) {
        throw new UsageError(`--format ${format} is not one of ${Object.keys(formats).join(', ')}. See --help.`)
      }
      outputs.push({ format, out: null })
    }
    if (token.name === 'out') {
      const last = outputs.at(-1)
      if (!last || last.out !== null)
        throw new UsageError(`--out ${token.value} needs a --format before it. See --help.`)
      last.out = token.value ?? null
    }
  }
  if (outputs.length === 0) outputs.push({ format: 'text', out: null })
  return { base: values.base, config: values.config ?? null, list: values.list ?? null, outputs }
}

/** What the caller has to change: an option, the configuration or a file. */
export class UsageError extends Error {}

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      tokens: true,
      options: {
        base: { type: 'string' },
        config: { type: 'string' },
        list: { type: 'string' },
        format: { type: 'string', multiple: true },
        out: { type: 'string', multiple: true },
        help: { type: 'boolean', short: 'h' },
      },
    })
  } catch (error) {
    throw new UsageError(`${(error as Error).message.split('\n', 1)[0]?.replace(/\.$/, '')}. See --help.`)
  }
}
