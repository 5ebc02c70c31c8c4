import { parseArgs } from 'node:util'
import { type BreakName, brokenRules } from './breaks.ts'
import { type Disturbance, disturbances } from './disturbances.ts'

export const HELP = `Proves that nothing is sold twice and nothing is lost: buys from a real shop while its processes are killed, and audits its books.

Usage: npm run check:orders -- [options]

  --seconds <n>   how long buyers buy (60); then everything gets time to settle
  --settle <n>    how many seconds everything may take to settle after that (90)
  --buyers <n>    how many buy at the same time (12)
  --skus <n>      how many SKUs they want (6)
  --units <n>     how many there are of each at first (60)
  --seed <n>      the order of disturbances, and what is bought and delivered (random)
  --calm          without disturbances
  --only <names>  only these disturbances, separated by commas
  --break <rule>  takes a guard out of the product, to see that the audit notices
  --json          one JSON object on stdout (npm run -s check:orders -- --json), what happens on stderr
  --help          this text

Disturbances: ${Object.keys(disturbances).join(', ')}.
Guards: ${Object.keys(brokenRules).join(', ')}.
Exits 1 when there are violations, 2 on a wrong option.
`

/** What was asked for is not possible: told in one sentence. */
export class UsageError extends Error {
  override name = 'UsageError'
}

/** The options of the command line; null when help is wanted. */
export function readOptions(args: string[]) {
  const values = parse(args)
  if (values.help) return null
  const number = (
    name: 'seconds' | 'settle' | 'buyers' | 'skus' | 'units' | 'seed',
    most: number,
    otherwise: number,
  ): number => {
    const text = values[name]
    if (text === undefined) return otherwise
    if (/^\d{1,12}$/.test(text) && Number(text) >= 1 && Number(text) <= most) return Number(text)
    throw new UsageError(`Expected --${name} to be a whole number from 1 to ${most}, got "${text}".`)
  }
  if (values.calm && values.only !== undefined) throw new UsageError('Give --calm or --only, not both.')
  return {
    seconds: number('seconds', 86_400, 60),
    settleSeconds: number('settle', 3_600, 90),
    buyers: number('buyers', 200, 12),
    skus: number('skus', 100, 6),
    units: number('units', 1e6, 60),
    seed: number('seed', 2 ** 31, Math.ceil(Math.random() * 1e6)),
    disturb: values.calm ? {} : disturbancesIn(values.only),
    broken: guardIn(values.break),
    json: values.json ?? false,
  }
}

function parse(args: string[]) {
  const text = { type: 'string' } as const
  const flag = { type: 'boolean' } as const
  const texts = {
    seconds: text,
    settle: text,
    buyers: text,
    skus: text,
    units: text,
    seed: text,
    only: text,
    break: text,
  }
  try {
    return parseArgs({ args, options: { ...texts, calm: flag, json: flag, help: flag } }).values
  } catch (error) {
    throw new UsageError((error as Error).message.split('\n')[0])
  }
}

function disturbancesIn(only: string | undefined): Record<string, Disturbance> {
  if (only === undefined) return { ...disturbances }
  const chosen = only.split(',').map((part) => {
    const name = part.trim()
    const disturbance = disturbances[name]
    if (disturbance) return [name, disturbance] as const
    throw new UsageError(`There is no disturbance "${name}"; there are: ${Object.keys(disturbances).join(', ')}.`)
  })
  return Object.fromEntries(chosen)
}

function guardIn(name: string | undefined): BreakName | null {
  if (name === undefined) return null
  if (Object.hasOwn(brokenRules, name)) return name as BreakName
  throw new UsageError(`There is no guard "${name}"; there are: ${Object.keys(brokenRules).join(', ')}.`)
}
