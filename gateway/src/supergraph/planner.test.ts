import { monitorEventLoopDelay } from 'node:perf_hooks'
import { composeServices } from '@apollo/composition'
import { GraphQLError, parse } from 'graphql'
import { expect, onTestFinished, test } from 'vitest'
import { type Planner, planInWorker } from './planner.ts'
import { planInProcess } from './planning.ts'

const link = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key", "@shareable"])\n`

/** Each level of `next` can be fetched from two subgraphs for each of the types: the ways to answer multiply. */
function manyWays(names: readonly string[]): string {
  const types = (body: string) => names.map((name) => `type ${name} implements I @key(fields: "id") { ${body} }`)
  const next = `interface I { id: ID! next: I name: String } ${types('id: ID! next: I @shareable name: String @shareable')}`
  const subgraphs = {
    start: `type Query { start: I slow: Int } interface I { id: ID! } ${types('id: ID!')}`,
    one: next,
    two: next,
  }
  const result = composeServices(
    Object.entries(subgraphs).map(([name, sdl]) => ({ name, url: `http://${name}`, typeDefs: parse(link + sdl) })),
  )
  if (result.errors) throw result.errors[0]
  return result.supergraphSdl
}

const sdl = manyWays(['A', 'B'])
const easy = '{ start { id name } }'
/** Takes the planner seconds. */
const hard = '{ start { name next { name next { name next { id name } } } } }'

async function started(planning: Promise<Planner>): Promise<Planner> {
  const planner = await planning
  onTestFinished(() => planner.close())
  return planner
}

const tooComplex = { extensions: { code: 'OPERATION_TOO_COMPLEX_TO_PLAN' } }

test('plans the same in a thread of its own as in this one', async () => {
  const planners = [await started(planInWorker(sdl)), await started(planInProcess(sdl))]
  const [worker, here] = await Promise.all(planners.map((planner) => planner.plan(easy, undefined)))
  expect(worker).toEqual(here)
  expect(worker?.node?.kind).toBe('Sequence')
  expect(planners[0]?.description).toEqual(planners[1]?.description)
})

test('plans what a name says', async () => {
  const planner = await started(planInWorker(sdl))
  const both = 'query A { start { id } } query B { slow }'
  expect(JSON.stringify(await planner.plan(both, 'A'))).toContain('start')
  expect(JSON.stringify(await planner.plan(both, 'B'))).toContain('slow')
})

test('refuses an operation that takes too long, goes on with the others, and never blocks this thread', async () => {
  const planner = await started(planInWorker(sdl, { limitMs: 500 }))
  const delay = monitorEventLoopDelay({ resolution: 5 })
  delay.enable()
  const [first, second] = await Promise.allSettled([planner.plan(hard, undefined), planner.plan(easy, undefined)])
  delay.disable()
  expect(first).toMatchObject({ status: 'rejected', reason: tooComplex })
  expect(second).toMatchObject({ status: 'fulfilled' })
  expect(delay.max / 1e6).toBeLessThan(250)
})

test('refuses a repeat of what took too long at once', async () => {
  const planner = await started(planInWorker(sdl, { limitMs: 500 }))
  await expect(planner.plan(hard, undefined)).rejects.toMatchObject(tooComplex)
  const before = performance.now()
  await expect(planner.plan(hard, undefined)).rejects.toMatchObject(tooComplex)
  expect(performance.now() - before).toBeLessThan(100)
})

test('refuses an operation that can be answered in too many ways', async () => {
  const planner = await started(planInWorker(manyWays(['A', 'B', 'C', 'D']), { limitMs: 20_000 }))
  await expect(planner.plan('{ start { name next { name next { id name } } } }', undefined)).rejects.toMatchObject(
    tooComplex,
  )
})

test('refuses an operation that takes too much memory, and goes on with the others', async () => {
  const planner = await started(planInWorker(sdl, { limitMs: 20_000, memoryMb: 64 }))
  const [first, second] = await Promise.allSettled([planner.plan(hard, undefined), planner.plan(easy, undefined)])
  expect(first).toMatchObject({ status: 'rejected', reason: tooComplex })
  expect(second).toMatchObject({ status: 'fulfilled' })
})

test('keeps only so many operations waiting', async () => {
  const planner = await started(planInWorker(sdl, { queue: 2 }))
  const plans = await Promise.allSettled([1, 2, 3, 4].map((n) => planner.plan(`{ start { id _${n}: id } }`, undefined)))
  expect(plans.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'fulfilled', 'rejected'])
  expect(plans[3]).toMatchObject({ reason: { extensions: { code: 'PLANNER_BUSY' } } })
})

test('sends away what waited too long', async () => {
  const planner = await started(planInWorker(sdl, { limitMs: 300, waitMs: 100 }))
  const [first, second] = await Promise.allSettled([planner.plan(hard, undefined), planner.plan(easy, undefined)])
  expect(first).toMatchObject({ reason: tooComplex })
  expect(second).toMatchObject({ reason: { extensions: { code: 'PLANNER_BUSY' } } })
})

test('passes on what is wrong with an operation', async () => {
  const planner = await started(planInWorker(sdl))
  const error = await planner.plan('{ nothing }', undefined).catch((reason: unknown) => reason)
  expect(error).toBeInstanceOf(GraphQLError)
  expect((error as GraphQLError).message).toContain('nothing')
})

test('still plans when it was told to rest', async () => {
  const planner = await started(planInWorker(sdl))
  planner.rest()
  expect((await planner.plan(easy, undefined)).node?.kind).toBe('Sequence')
})

test('ends what waits when it is closed', async () => {
  const planner = await started(planInWorker(sdl))
  const waiting = Promise.allSettled([planner.plan(hard, undefined), planner.plan(easy, undefined)])
  await planner.close()
  expect((await waiting).map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  await expect(planner.plan('{ slow }', undefined)).rejects.toThrow('closed')
})

test('says what is wrong with a supergraph', async () => {
  await expect(planInWorker('type Query { a: Int }')).rejects.toThrow('without subgraphs')
  const demanding = sdl.replace(
    'schema\n',
    'directive @x on OBJECT\nschema @link(url: "https://specs.apollo.dev/unheard/v1.0", for: SECURITY)\n',
  )
  await expect(planInWorker(demanding)).rejects.toThrow('unheard')
})
