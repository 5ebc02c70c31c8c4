import { loadavg } from 'node:os'
import type { ParseArgsOptionsConfig } from 'node:util'
import { type Bench, type Goal, type Row, UsageError, type Values } from '../bench.ts'
import { contestantNames } from '../gateway/contestants.ts'
import { goalsOf, soakGoal } from '../gateway/goals.ts'
import { rowsOf, runRounds } from '../gateway/rounds.ts'
import { runSoak } from '../gateway/soak.ts'
import { setStage } from '../gateway/stage.ts'
import { chosenOf, known, positive, timingOf } from '../options.ts'
import { installPeers } from '../peers.ts'
import { cores } from '../processes/pin.ts'
import { scenarios } from '../scenarios/scenarios.ts'

const PUBLISHED = 'reviews'

const options = {
  seconds: { type: 'string' },
  rounds: { type: 'string' },
  only: { type: 'string' },
  scenario: { type: 'string' },
  soak: { type: 'string' },
  quick: { type: 'boolean' },
} satisfies ParseArgsOptionsConfig

const help = `
  --seconds <n>      measured in each slot (default 4)
  --rounds <n>       slots of each contestant, taken in turn (default 4)
  --quick            one round of one second: whether it works, not how fast
  --only <names>     some of ${contestantNames.join(',')}
  --scenario <name>  one of ${Object.keys(scenarios).join(', ')} (default: all)
  --soak <minutes>   instead of the rounds: ours alone, under load for so long, its memory every minute`

/** Requests a second through our gateway, the stock one, Hive Gateway and bare node:http: the same queries, the same answers. */
export const bench: Bench = {
  summary: 'the same queries through our gateway, the stock one, Hive Gateway and bare node:http',
  options,
  help,
  async run(values, tools) {
    if (process.platform !== 'linux')
      throw new UsageError('This bench reads processor time and memory from /proc: it needs Linux.')
    const place = cores()
    const { timing, only, chosen, soak } = settings(values)
    const [load = 0] = loadavg()
    if (load > 1) tools.progress(`This machine is busy (load ${load.toFixed(1)}): the numbers will mean little.`)
    const peers = soak === null && only.includes('hive') && (await installPeers(tools))
    if (soak === null && only.includes('hive') && !peers) {
      tools.progress('Hive Gateway could not be installed: measured without it.')
    }
    const results: Row[] = []
    const goals: Goal[] = []
    for (const scenario of chosen) {
      const stage = await setStage(
        scenario,
        place,
        ({ name, sharing }) =>
          soak === null ? only.includes(name) && (name !== 'hive' || peers) : name === 'ours' && sharing === 'on',
        tools,
      )
      if (soak === null) {
        const measured = await runRounds(stage, timing, tools)
        results.push(...rowsOf(stage, measured, place.contestant))
        if (scenario.name === PUBLISHED) goals.push(...goalsOf(measured))
      } else {
        const { rows, percentPerMinute } = await runSoak(stage, soak, tools)
        results.push(...rows)
        goals.push(soakGoal(percentPerMinute))
      }
      await stage.stop()
    }
    return { results, goals }
  },
}

function settings(values: Values) {
  const timing = timingOf(values, 4)
  const only = chosenOf(values, contestantNames)
  const soak = positive(values, 'soak')
  const wanted = typeof values.scenario === 'string' ? values.scenario : soak === null ? null : PUBLISHED
  if (wanted !== null) known(wanted, Object.keys(scenarios), 'scenario')
  if (soak !== null) {
    const ignored = ['only', 'scenario', 'quick', 'seconds', 'rounds'].filter((name) => values[name] !== undefined)
    if (ignored.length > 0) {
      throw new UsageError(`--soak runs ours alone on ${PUBLISHED}: leave out --${ignored.join(', --')}.`)
    }
  }
  const chosen = Object.values(scenarios).filter(({ name }) => wanted === null || name === wanted)
  return { timing, only, chosen, soak }
}
