import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gatewayDefaults } from '@commerce/gateway/config.ts'
import { startGateway } from '@commerce/gateway/server.ts'
import { whenDone } from '@commerce/local/testing.ts'
import { createLog } from '@commerce/service/log.ts'
import { expect, test } from 'vitest'
import { startMemorySubgraphs } from '../memory/subgraph.ts'
import type { Scenario } from './scenario.ts'
import { composeScenario, referenceAnswer, scenarioOf, scenarios } from './scenarios.ts'

/** Our gateway over a scenario's subgraphs, all in this process. */
async function serve(scenario: Scenario) {
  const subgraphs = await startMemorySubgraphs(scenario)
  const folder = await mkdtemp(join(tmpdir(), 'bench-'))
  const supergraphSdl = composeScenario(scenario, subgraphs.urls)
  const supergraph = join(folder, 'supergraph.graphql')
  await writeFile(supergraph, supergraphSdl)
  const gateway = await startGateway(
    { ...gatewayDefaults, port: 0, watchMs: 0, supergraph },
    createLog('gateway', 'silent'),
  )
  whenDone(async () => {
    await gateway.stop()
    await subgraphs.stop()
    await rm(folder, { recursive: true })
  })
  const ask = async () => {
    const response = await fetch(`${gateway.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: scenario.query, variables: scenario.variables }),
    })
    return response.text()
  }
  return { subgraphs, supergraphSdl, ask }
}

test.each(Object.keys(scenarios))('our gateway answers %s as graphql-js does on one schema', async (name) => {
  const scenario = scenarioOf(name)
  const { ask, supergraphSdl } = await serve(scenario)
  const reference = await referenceAnswer(scenario, supergraphSdl)
  expect(JSON.parse(await ask())).toEqual(JSON.parse(JSON.stringify(reference)))
})

test("the published query's answer has the published bytes, from at most seven subgraph requests each time", async () => {
  const { ask, subgraphs } = await serve(scenarioOf('reviews'))
  const first = await ask()
  expect(Buffer.byteLength(first)).toBe(87_599)
  subgraphs.reset()
  expect(await ask()).toBe(first)
  const counts = Object.values(subgraphs.counts())
  // What the subgraphs answer from memory is counted too.
  expect(Math.min(...counts)).toBeGreaterThan(0)
  expect(counts.reduce((sum, count) => sum + count, 0)).toBeLessThanOrEqual(7)
})

test('a subgraph answers an invalid request with its errors and goes on', async () => {
  const subgraphs = await startMemorySubgraphs(scenarioOf('reviews'))
  whenDone(() => subgraphs.stop())
  const ask = async (body: string) => {
    const response = await fetch(subgraphs.urls.products ?? '', { method: 'POST', body })
    return { status: response.status, ...((await response.json()) as object) }
  }
  expect(await ask('no JSON')).toMatchObject({ status: 400, errors: [{}] })
  expect(await ask('{"query":"{ topProducts(first: 1) { name } }"}')).toEqual({
    status: 200,
    data: { topProducts: [{ name: 'Table' }] },
  })
  expect(subgraphs.counts().products).toBe(2)
})
