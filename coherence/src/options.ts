import { parseArgs } from 'node:util'
import { type Disturbance, disturbances } from './disturbances.ts'

export const HELP = `Proves the caches coherent: changes and reads a real shop while it is disturbed, and counts answers that are too old.

Usage: npm run check:coherence -- [options]

  --seconds <n>   how long (60)
  --reads <n>     ends after so many reads, whatever --seconds says about it by default
  --writes <n>    changes in a second (50)
  --skus <n>      how many SKUs are changed and read (60)
  --readers <n>   connections that read (24)
  --seed <n>      the order of disturbances, and what is read and written (random)
  --calm          without disturbances
  --only <names>  only these disturbances, separated by commas
  --json          one JSON object on stdout (npm run -s check:coherence -- --json), what happens on stderr
  --help          this text

Disturbances: ${Object.keys(disturbances).join(', ')}.
Exits 1 when an answer was too old or caches did not serve again, 2 on a wrong option.
`

/** What was asked for is not possible: told in one sentence. */
export class UsageError extends Error {
  override name = 'UsageError'
}

/** Bounds between the beginnings of two disturbances. */
const LEAST_GAP_MS = 4_000
const MOST_GAP_MS = 20_000

/** The options of the command line; null when help is wanted. */
export function readOptions(args: string[]) {
  const values = parse(args)
  if (values.help) return null
  const number = (name: 'seconds' | 'reads' | 'writes' | 'skus' | 'readers' | 'seed', most: number): number | null => {
    const text = values[name]
    if (text === undefined) return null
    if (/^\d{1,12}$/.test(text) && Number(text) >= 1 && Number(text) <= most) return Number(text)
    throw new UsageError(`Expected --${name} to be a whole number from 1 to ${most}, got "${text}".`)
  }
  const [seconds, reads] = [number('seconds', 86_400), number('reads', 1e10)]
  if (values.calm && values.only !== undefined) throw new UsageError('Give --calm or --only, not both.')
  const disturb = values.calm ? {} : namedIn(values.only)
  const lasts = seconds ?? (reads === null ? 60 : null)
  // So that each of them comes once, when there is time.
  const evenMs = ((lasts ?? Number.POSITIVE_INFINITY) * 1_000) / (Object.keys(disturb).length + 1)
  return {
    seconds: lasts,
    reads,
    writes: number('writes', 2_000) ?? 50,
    skus: number('skus', 10_000) ?? 60,
    readers: number('readers', 1_000) ?? 24,
    seed: number('seed', 2 ** 31) ?? Math.ceil(Math.random() * 1e6),
    disturb,
    gapMs: Math.min(MOST_GAP_MS, Math.max(LEAST_GAP_MS, evenMs)),
    json: values.json ?? false,
  }
}

function parse(args: string[]) {
  const text = { type: 'string' } as const
  const flag = { type: 'boolean' } as const
  const options = { seconds: text, reads: text, writes: text, skus: text, readers: text, seed: text, only: text }
  try {
    return parseArgs({ args, options: { ...options, calm: flag, json: flag, help: flag } }).values
  } catch (error) {
    throw new UsageError((error as Error).message.split('\n')[0])
  }
}

function namedIn(only: string | undefined): Record<string, Disturbance> {
  if (only === undefined) return { ...disturbances }
  const names = only.split(',').map((part) => part.trim())
  return Object.fromEntries(
    names.map((name) => {
      const disturbance = disturbances[name]
      if (disturbance) return [name, disturbance]
      throw new UsageError(`There is no disturbance "${name}"; there are: ${Object.keys(disturbances).join(', ')}.`)
    }),
  )
}
