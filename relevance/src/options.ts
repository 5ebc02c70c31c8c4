import { parseArgs } from 'node:util'
import { type CatalogName, presentCatalogs } from './catalogs.ts'
import { type ContestantName, contestants, DEFAULT_CONTESTANTS } from './contestants/contestants.ts'
import type { Split } from './judged/judged.ts'

export const HELP = `Shows how relevant search results are: asks queries made by rule from real products, of many kinds, whose right answers are known.

Usage: npm run check:relevance -- [options]

  --split <name>    "test", or "tune": made from the other half of the products, to change weights by (test)
  --catalog <name>  one of those that are there: ${presentCatalogs().join(', ')} (all)
  --queries <n>     how many of each kind (60)
  --products <n>    only so many products of each catalog (all)
  --seed <n>        which queries (1)
  --only <names>    only these contestants, separated by commas (${DEFAULT_CONTESTANTS.join(',')})
  --url <address>   a running graph, "http://127.0.0.1:4000/graphql": judged by its own products, up to 20,000, and asked over HTTP
  --worst <n>       tells of each kind the n queries that our engine answers worst
  --json            one JSON object on stdout (npm run -s check:relevance -- --json), what happens on stderr
  --help            this text

Contestants: ${Object.keys(contestants).join(', ')}.
Exits 1 when a goal is not met, 2 on a wrong option. The goals are about "ours" beside the others; what is not asked is not met.
`

/** What was asked for is not possible: told in one sentence. */
export class UsageError extends Error {
  override name = 'UsageError'
}

/** The options of the command line; null when help is wanted. */
export function readOptions(args: string[]) {
  const values = parse(args)
  if (values.help) return null
  const number = (name: 'queries' | 'products' | 'seed' | 'worst', most: number, otherwise: number): number => {
    const text = values[name]
    if (text === undefined) return otherwise
    if (/^\d{1,12}$/.test(text) && Number(text) >= 1 && Number(text) <= most) return Number(text)
    throw new UsageError(`Expected --${name} to be a whole number from 1 to ${most}, got "${text}".`)
  }
  if (values.url !== undefined && values.catalog !== undefined) {
    throw new UsageError('Give --catalog or --url, not both: a running graph has its own products.')
  }
  if (values.url !== undefined && !URL.canParse(values.url)) {
    throw new UsageError(
      `Expected --url to be an address such as "http://127.0.0.1:4000/graphql", got "${values.url}".`,
    )
  }
  return {
    split: oneOf<Split>('split', values.split ?? 'test', ['tune', 'test']),
    catalogs: values.catalog
      ? [oneOf<CatalogName>('catalog', values.catalog, [...presentCatalogs(), 'sample-shop'])]
      : presentCatalogs(),
    queries: number('queries', 2_000, 60),
    products: number('products', 1e6, Number.POSITIVE_INFINITY),
    seed: number('seed', 2 ** 31, 1),
    only: values.only === undefined ? DEFAULT_CONTESTANTS : contestantsIn(values.only),
    url: values.url ?? null,
    worst: number('worst', 100, 0),
    json: values.json ?? false,
  }
}

export type Options = NonNullable<ReturnType<typeof readOptions>>

function parse(args: string[]) {
  const text = { type: 'string' } as const
  const flag = { type: 'boolean' } as const
  const texts = {
    split: text,
    catalog: text,
    queries: text,
    products: text,
    seed: text,
    only: text,
    url: text,
    worst: text,
  }
  try {
    return parseArgs({ args, options: { ...texts, json: flag, help: flag } }).values
  } catch (error) {
    throw new UsageError((error as Error).message.split('\n')[0])
  }
}

function oneOf<T extends string>(option: string, value: string, names: readonly T[]): T {
  const found = names.find((name) => name === value)
  if (found) return found
  throw new UsageError(`There is no ${option} "${value}"; there are: ${[...new Set(names)].join(', ')}.`)
}

function contestantsIn(only: string): ContestantName[] {
  const names = Object.keys(contestants) as ContestantName[]
  return only.split(',').map((part) => oneOf('contestant', part.trim(), names))
}
