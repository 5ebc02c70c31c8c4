import { answerParent } from '../processes/messages.ts'
import { scenarioOf } from '../scenarios/scenarios.ts'
import { startMemorySubgraphs } from './subgraph.ts'

/** What the bench asks of its subgraphs' process. */
export type SubgraphsAsk = 'urls' | 'reset' | 'counts'

const subgraphs = await startMemorySubgraphs(scenarioOf(process.argv[2] ?? ''))

answerParent<SubgraphsAsk, Record<string, string | number>>((ask) => {
  if (ask === 'urls') return subgraphs.urls
  if (ask === 'reset') subgraphs.reset()
  return subgraphs.counts()
})
