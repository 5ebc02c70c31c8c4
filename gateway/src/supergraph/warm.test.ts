import { composeServices } from '@apollo/composition'
import { parse } from 'graphql'
import { expect, test } from 'vitest'
import { buildGraph } from './graph.ts'
import { planInProcess } from './planning.ts'
import { planAhead } from './warm.ts'

const typeDefs = parse('type Query { kept: Int }')
const { supergraphSdl = '' } = composeServices([{ name: 'a', url: 'http://a', typeDefs }])

/** Plans ahead, and tells how many were planned and how often something else had its turn meanwhile. */
async function planned(sources: readonly string[], ended = new AbortController().signal) {
  const bounds = { maxPlans: 1_000, maxPlanBytes: 10_000_000 }
  const graph = buildGraph(supergraphSdl, await planInProcess(supergraphSdl), bounds)
  let turns = 0
  let isOver = false
  const other = () => {
    turns++
    if (!isOver) setImmediate(other)
  }
  setImmediate(other)
  const asked = sources.map((source) => ({ source, operationName: undefined }))
  const count = await planAhead(graph, asked, ended)
  isOver = true
  return { count, turns, known: graph.operations.size().operations }
}

const named = (field: string) => Array.from({ length: 100 }, (_, i) => `query Q${i} { ${field} }`)

test.each([
  ['are valid', 'kept', 100],
  ['are not valid any more', 'gone', 0],
  ['ask no subgraph', '__typename', 100],
])('operations that %s are planned ahead between other work, not before it', async (_what, field, count) => {
  const result = await planned(named(field))
  expect(result).toMatchObject({ count, known: count })
  // Two at a time.
  expect(result.turns).toBeGreaterThanOrEqual(50)
})

test('stops when it is not wanted any more', async () => {
  expect((await planned(named('kept'), AbortSignal.abort())).count).toBe(0)
})
