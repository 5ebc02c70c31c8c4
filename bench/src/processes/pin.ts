import { spawnSync } from 'node:child_process'
import { availableParallelism } from 'node:os'

/** Which core measures and which loads; null when this machine cannot pin (no taskset, or a single core). */
export interface Cores {
  contestant: number | null
  others: number | null
}

/** The cores of this machine: contestants alone on the first, subgraphs and load generator together on the second. */
export function cores(): Cores {
  const able = availableParallelism() > 1 && spawnSync('taskset', ['-c', '0,1', 'true']).status === 0
  return able ? { contestant: 0, others: 1 } : { contestant: null, others: null }
}

/** The command line that runs a command on one core. */
export function pinned(core: number | null, command: [string, ...string[]]): [string, ...string[]] {
  return core === null ? command : ['taskset', '-c', String(core), ...command]
}
