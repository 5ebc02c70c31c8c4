import { composeServices } from '@apollo/composition'
import { parse } from 'graphql'
import { expect, test } from 'vitest'
import { buildGraph } from './graph.ts'
import { planInProcess } from './planning.ts'

const names = Array.from({ length: 20 }, (_, i) => `f${i}`)
const typeDefs = parse(`
  extend schema @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@requiresScopes"])
  type Query { open: Int ${names.map((name) => `${name}: Int @requiresScopes(scopes: [["${name}"]])`).join(' ')} }
`)
const { supergraphSdl = '' } = composeServices([{ name: 'a', url: 'http://a', typeDefs }])
const source = `{ open ${names.join(' ')} }`

test('what viewers are shown counts as memory of the operation, until it is forgotten', async () => {
  const graph = buildGraph(supergraphSdl, await planInProcess(supergraphSdl), {
    maxPlans: 10,
    maxPlanBytes: 10_000_000,
  })
  const { views } = await graph.operation(parse(source), source, undefined)
  const sizes = [graph.operations.size().bytes]
  const show = async (scope: string) => {
    const view = await views?.of({ id: 'v', scopes: [scope] }, new Set())
    sizes.push(graph.operations.size().bytes)
    return view?.bytes ?? 0
  }
  const shown: number[] = []
  for (const name of names.slice(0, 16)) shown.push(await show(name))
  expect(shown.every((bytes) => bytes > 4_000)).toBe(true)
  expect(sizes.at(-1)).toBe((sizes[0] ?? 0) + shown.reduce((sum, bytes) => sum + bytes, 0))
  // The same view again takes nothing, and a seventeenth the place of the first.
  await show('f15')
  expect(sizes.at(-1)).toBe(sizes.at(-2))
  const seventeenth = await show('f16')
  expect(sizes.at(-1)).toBe((sizes.at(-2) ?? 0) + seventeenth - (shown[0] ?? 0))
})

test('an operation with the views of many viewers lets others go, and goes itself, before the bound', async () => {
  const bounds = { maxPlans: 100, maxPlanBytes: 60_000 }
  const graph = buildGraph(supergraphSdl, await planInProcess(supergraphSdl), bounds)
  const other = '{ open }'
  await graph.operation(parse(other), other, undefined)
  const operation = await graph.operation(parse(source), source, undefined)
  expect(graph.operations.size().operations).toBe(2)
  for (const name of names) {
    await operation.views?.of({ id: 'v', scopes: [name] }, new Set())
    expect(graph.operations.size().bytes).toBeLessThanOrEqual(bounds.maxPlanBytes)
  }
  expect(graph.operations.size().operations).toBe(0)
})
