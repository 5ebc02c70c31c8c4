import { whenDone } from '@commerce/local/testing.ts'
import { expect, test } from 'vitest'
import { writtenScenarios } from '../scenarios/written.ts'
import { startMemorySubgraphs } from './subgraph.ts'

test.each([
  ['reviews', 'products', '1', '{ topProducts(first: 1) { price } }', 'catalog.price.changed.1'],
  [
    'product-page',
    'catalog',
    'NB-3-0.0',
    '{ product(slug: "notebook-3") { variants(first: 1) { nodes { price { version } } } } }',
    'catalog.price.changed.NB-3-0=2E0',
  ],
])(
  'a write of %s is shown at once, and told under the tag of the answers that show it',
  async (name, subgraph, key, query, tag) => {
    const scenario = writtenScenarios[name]
    if (!scenario) throw new Error(name)
    const told: [string, number][] = []
    const { urls, stop } = await startMemorySubgraphs(scenario, (subject, version) => told.push([subject, version]))
    whenDone(stop)
    const ask = async (text: string, variables = {}) => {
      const body = JSON.stringify({ query: text, variables })
      const response = await fetch(urls[subgraph] ?? '', { method: 'POST', body })
      return (await response.text()).replaceAll('\\', '')
    }
    for (let version = 0; version < 3; version++) {
      for (let again = 0; again < 2; again++) {
        const answer = await ask(query)
        expect(answer).toContain(`":${1_000_000_000 + version}`)
        expect(answer).toContain(`"${tag}"`)
      }
      const written = await ask(scenario.mutation, { key })
      expect(written).toContain(`"changed":{"${tag}":${version + 1}}`)
      expect(told.at(-1)).toEqual([tag, version + 1])
    }
  },
)
