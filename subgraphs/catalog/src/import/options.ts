import { parseArgs } from 'node:util'

/** What becomes of the rows of a feed when some of them are bad. */
export type Policy = 'reject-all' | 'reject-row' | 'keep-going'

export interface ImportOptions {
  file: string
  policy: Policy
  url: string
  token: string | null
  /** The currency of prices that name none. */
  currency: string | null
  /** Where the result of each row is written. */
  report: string | null
}

/** The command line makes no sense; `message` is one sentence. */
export class UsageError extends Error {
  override name = 'UsageError'
}

export const HELP = `Usage: npm run import -- <file> [options]

Imports a product feed (Google Merchant Center attributes) into a running graph: JSON lines, CSV or TSV, plain or gzip.
A row is a variant; rows with the same item_group_id are variants of one product, which the first of them describes.
The id is the SKU. Importing a file again changes only what changed in it. Availability is ignored: inventory owns stock.

  --policy <policy>    what to do about bad rows (reject-row):
                         reject-all   import nothing if any row is bad
                         reject-row   leave bad rows out
                         keep-going   import what is usable of a bad row; without id or title it is left out
  --url <url>          the graph (http://127.0.0.1:4000/graphql)
  --token <token>      a token with the scope catalog:write; otherwise IMPORT_TOKEN, otherwise the one that
                       "npm start" leaves in the data folder (DATA_DIR, .data)
  --currency <code>    the currency of prices that name none, such as USD
  --report <file>      write one JSON line for each row: line, id, outcome, reasons, warnings
  --help

Exit codes: 0 all rows imported, 1 some were not, 2 the import could not be done.`

/** Reads the command line; null when help was asked for. Throws `UsageError`. */
export function readOptions(args: readonly string[]): ImportOptions | null {
  const { values, positionals } = parse(args)
  if (values.help) return null
  const [file, ...more] = positionals
  if (file === undefined) throw new UsageError('Name the file to import.')
  if (more.length > 0) throw new UsageError(`One file at a time: ${more.join(', ')} is too many.`)
  const { policy, currency = null } = values
  if (policy !== 'reject-all' && policy !== 'reject-row' && policy !== 'keep-going') {
    throw new UsageError(`--policy is reject-all, reject-row or keep-going, not "${policy}".`)
  }
  if (!URL.canParse(values.url) || !/^https?:/.test(values.url)) {
    throw new UsageError(
      `--url is the address of the graph, such as http://127.0.0.1:4000/graphql, not "${values.url}".`,
    )
  }
  if (currency !== null && !/^[A-Z]{3}$/.test(currency)) {
    throw new UsageError(`--currency is an ISO 4217 code such as USD, not "${currency}".`)
  }
  return { file, policy, url: values.url, token: values.token ?? null, currency, report: values.report ?? null }
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        policy: { type: 'string', default: 'reject-row' },
        url: { type: 'string', default: 'http://127.0.0.1:4000/graphql' },
        token: { type: 'string' },
        currency: { type: 'string' },
        report: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    })
  } catch (error) {
    throw new UsageError((error as Error).message)
  }
}
