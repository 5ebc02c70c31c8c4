import { answerParent } from '../processes/messages.ts'
import { scenarioOf } from '../scenarios/scenarios.ts'
import { writtenScenarios } from '../scenarios/written.ts'
import { startEvents } from './events.ts'
import { startMemorySubgraphs } from './subgraph.ts'

/** What the bench asks of its subgraphs' process. */
export type SubgraphsAsk = 'urls' | 'reset' | 'counts'

// With NATS the scenario is the one that is written, and every change is told there.
const [name = '', natsUrl] = process.argv.slice(2)
const events = natsUrl ? await startEvents(natsUrl) : undefined
const subgraphs = await startMemorySubgraphs((events && writtenScenarios[name]) ?? scenarioOf(name), events?.tell)

answerParent<SubgraphsAsk, Record<string, string | number>>(async (ask) => {
  if (ask === 'urls') return subgraphs.urls
  await events?.told()
  if (ask === 'reset') subgraphs.reset()
  return subgraphs.counts()
})
