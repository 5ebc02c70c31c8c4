import { type Bench, type Goal, type Row, UsageError, type Values } from '../bench.ts'
import { contestantNames } from '../cache/contestants.ts'
import { goalsOf } from '../cache/goals.ts'
import { type Measured, rowsOf, runRounds, WRITES } from '../cache/rounds.ts'
import { setStage } from '../cache/stage.ts'
import { chosenOf, known, timingOf } from '../options.ts'
import { installPeers } from '../peers.ts'
import { cores } from '../processes/pin.ts'
import { writtenScenarios } from '../scenarios/written.ts'

/** The same queries while what they show is written: how many answers, and how many of them are stale. */
export const bench: Bench = {
  summary: `requests a second and stale answers, at ${WRITES.join(', ')} writes a second`,
  options: {
    seconds: { type: 'string' },
    rounds: { type: 'string' },
    only: { type: 'string' },
    scenario: { type: 'string' },
    quick: { type: 'boolean' },
  },
  help: `
  --seconds <n>      measured in each slot (default 4)
  --rounds <n>       slots of each contestant at each rate of writes, taken in turn (default 3)
  --quick            one round of one second: whether it works, not how fast
  --only <names>     some of ${contestantNames.join(',')}
  --scenario <name>  one of ${Object.keys(writtenScenarios).join(', ')} (default: all)`,
  async run(values, tools) {
    if (process.platform !== 'linux')
      throw new UsageError('This bench reads processor time from /proc: it needs Linux.')
    const { timing, only, chosen } = settings(values)
    const place = cores()
    const peers = only.includes('hive') && (await installPeers(tools))
    if (only.includes('hive') && !peers) tools.progress('Hive Gateway could not be installed: measured without it.')
    const results: Row[] = []
    const all: Measured[] = []
    for (const scenario of chosen) {
      const stage = await setStage(
        scenario,
        place,
        ({ name }) => only.includes(name) && (name !== 'hive' || peers),
        tools,
      )
      const measured = await runRounds(stage, timing, tools)
      all.push(...measured)
      results.push(...rowsOf(measured, place.contestant))
      await stage.stop()
    }
    const goals: Goal[] = goalsOf(all)
    return { results, goals }
  },
}

function settings(values: Values) {
  const timing = timingOf(values, 3)
  const only = chosenOf(values, contestantNames)
  if (typeof values.scenario === 'string') known(values.scenario, Object.keys(writtenScenarios), 'scenario')
  const chosen = Object.values(writtenScenarios).filter(
    ({ name }) => values.scenario === undefined || name === values.scenario,
  )
  return { timing, only, chosen }
}
