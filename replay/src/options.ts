import { parseArgs } from 'node:util'

export const HELP = `Places the orders of a real shop's year through a running graph: imports what is sold in the file, then its invoices as orders, in their order in time.

Usage: npm run replay -- <file.csv[.gz]> --speed <n|max> [options]

  --speed <n>      how many times faster than it was, or max: as fast as the graph answers
  --limit <n>      ends after so many invoices (all)
  --url <url>      the graph (http://127.0.0.1:4000/graphql)
  --token <token>  of staff who may write to catalog and inventory; or REPLAY_TOKEN, or what "npm start" left in its data folder
  --at-once <n>    how many invoices are dealt with at the same time (16)
  --journal <file> which cart each order was placed from, so that an interrupted run can go on (in the data folder)
  --json           one JSON object on stdout (npm run -s replay -- ... --json), progress on stderr
  --help           this text

The file has the columns InvoiceNo, StockCode, Description, Quantity, InvoiceDate and UnitPrice (UCI "Online Retail", CC0).
Run again, it goes on where it was: what was ordered is not ordered twice. Exits 1 when totals are not equal, 2 on a wrong option.
`

/** What was asked for is not possible: told in one sentence. */
export class UsageError extends Error {
  override name = 'UsageError'
}

/** The options of the command line; null when help is wanted. */
export function readOptions(args: string[]) {
  const { values, positionals } = parse(args)
  if (values.help) return null
  const number = (name: 'speed' | 'limit' | 'at-once', most: number): number | null => {
    const text = values[name]
    if (text === undefined) return null
    if (/^\d{1,12}$/.test(text) && Number(text) >= 1 && Number(text) <= most) return Number(text)
    const orMax = name === 'speed' ? ', or max' : ''
    throw new UsageError(`Expected --${name} to be a whole number from 1 to ${most}${orMax}, got "${text}".`)
  }
  const [file, ...more] = positionals
  if (file === undefined || more.length > 0) throw new UsageError(`Expected one file, got ${positionals.length}.`)
  const speed = values.speed === 'max' ? Number.POSITIVE_INFINITY : number('speed', 1e9)
  if (speed === null) throw new UsageError('Expected --speed, a number or max.')
  const url = values.url ?? 'http://127.0.0.1:4000/graphql'
  if (!URL.canParse(url)) throw new UsageError(`Expected --url to be a URL, got "${url}".`)
  return {
    file,
    speed,
    url,
    limit: number('limit', 1e9) ?? Number.POSITIVE_INFINITY,
    atOnce: number('at-once', 200) ?? 16,
    token: values.token,
    journal: values.journal,
    json: values.json ?? false,
  }
}

function parse(args: string[]) {
  const text = { type: 'string' } as const
  const flag = { type: 'boolean' } as const
  const options = { speed: text, limit: text, url: text, token: text, 'at-once': text, journal: text }
  try {
    return parseArgs({ args, allowPositionals: true, options: { ...options, json: flag, help: flag } })
  } catch (error) {
    throw new UsageError((error as Error).message.split('\n')[0])
  }
}
