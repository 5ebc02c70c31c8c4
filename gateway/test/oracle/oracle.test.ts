import { expect, test } from 'vitest'
import type { CaseOptions } from './cases.ts'
import { search } from './search.ts'

// ORACLE_SEED repeats a run or tries another one, ORACLE_UNIVERSES makes it longer, ORACLE_PATH (with the seed) repeats one failure.
const seed = Number(process.env.ORACLE_SEED ?? 20_261_124)
const universes = Number(process.env.ORACLE_UNIVERSES ?? 75)
const path = process.env.ORACLE_PATH

const kinds: [what: string, options: CaseOptions][] = [
  ['whatever the split, the answer is that of one schema', { operations: 20, faults: false, requiresArguments: true }],
  ['whatever fails, the data is that of one schema', { operations: 20, faults: true, requiresArguments: true }],
]

test.each(kinds)(
  '%s',
  async (_what, options) => {
    const found = await search(options, { seed, path, universes })
    const { operations, refused, seconds } = found
    console.info(
      `seed ${seed}: ${operations} operations in ${found.universes} universes, ${refused} did not compose, ${seconds.toFixed(1)} s`,
    )
    if (found.failure) expect.fail(found.failure)
  },
  3_600_000,
)
