import { gql } from '@apollo/client'
import { freePort } from '@commerce/local/ports.ts'
import { eventually } from '@commerce/local/testing.ts'
import { createLog } from '@commerce/service/log.ts'
import { CombinedError } from '@urql/core'
import { describe, expect, test } from 'vitest'
import { gatewayDefaults } from '../src/config.ts'
import { startGateway } from '../src/server.ts'
import type { EventFeed } from '../src/subscribe/feed.ts'
import { metric } from './event-streams.ts'
import { apollo, apolloClient, type Heard, urqlClient, urqlOverEvents, urqlOverSocket } from './frontends.ts'
import type { TestGraph } from './graph.ts'
import { startShop } from './live-graph.ts'
import { live as withoutKey } from './shop.ts'

/** With the key of what it tells of, as a normalized cache wants it. */
const live = withoutKey.replace('{ version', '{ sku version')
const b = { skus: ['b'] }
const versions = ({ data }: Heard) => data.map(({ availabilityChanged }) => availabilityChanged.version)

/** Ends the gateway, does something, and starts it again at the same address: its clients are sent away with 1001. */
async function restarted(graph: TestGraph, feed: EventFeed, meanwhile: () => void): Promise<void> {
  const { port } = new URL(graph.gateway.url)
  await graph.gateway.stop()
  meanwhile()
  const config = { ...gatewayDefaults, port: Number(port), watchMs: 0, supergraph: graph.file }
  graph.gateway = await startGateway(config, createLog('gateway', 'silent'), feed)
}

const soon = { drainMs: 50 }

describe.each([
  ['Apollo Client over WebSocket', apollo],
  ['urql over WebSocket', urqlOverSocket],
  ['urql over Server-Sent Events', urqlOverEvents],
])('%s', (_, { open, codesOf }) => {
  test('hears the state first, then what changes', async () => {
    const { graph, change } = await startShop()
    const told = open(graph).follow(live, b)
    await eventually('the state', () => told.data.length === 1)
    expect(told.data).toMatchObject([
      { availabilityChanged: { version: 5, status: 'LOW_STOCK', variant: { sku: 'b', title: 'Title of b' } } },
    ])
    change('b', 6, 'OUT_OF_STOCK')
    await eventually('the change', () => told.data.length === 2)
    expect(told.data[1]).toMatchObject({ availabilityChanged: { version: 6, status: 'OUT_OF_STOCK' } })
    expect([told.errors, told.isComplete]).toEqual([[], false])
  })

  test('asks queries over HTTP beside it', async () => {
    const { graph } = await startShop()
    const page = open(graph)
    const told = page.follow(live, b)
    expect(await page.ask('{ hello }')).toMatchObject({ hello: 'hello' })
    await eventually('the state', () => told.data.length === 1)
  })

  test('is told what is wrong with an operation, and what ends it, as its own type of error', async () => {
    const { graph, state } = await startShop()
    const page = open(graph)
    const invalid = page.follow('subscription { nope }', {})
    await eventually('refused', () => invalid.errors.length === 1)
    expect(codesOf(invalid.errors[0])).toEqual(['GRAPHQL_VALIDATION_FAILED'])
    state.failure = 'FORBIDDEN'
    const refused = page.follow(live, b)
    await eventually('ended', () => refused.errors.length === 1)
    expect(codesOf(refused.errors[0])).toEqual(['FORBIDDEN'])
    expect([refused.data, invalid.data]).toEqual([[], []])
  })

  test('stops its operation in the gateway when it leaves', async () => {
    const { graph, change } = await startShop()
    const page = open(graph)
    const [leaving, staying] = [page.follow(live, b), page.follow(live, { skus: ['b', 'a.1'] })]
    await eventually('both states', () => leaving.data.length === 1 && staying.data.length === 2)
    expect(await metric(graph, 'gateway_live_operations')).toBe(2)
    leaving.leave()
    await eventually('one less', async () => (await metric(graph, 'gateway_live_operations')) === 1)
    change('b', 6)
    await eventually('the change', () => staying.data.length === 3)
    expect(versions(leaving)).toEqual([5])
    staying.leave()
    await eventually('none', async () => (await metric(graph, 'gateway_live_operations')) === 0)
  })
})

describe.each([
  ['Apollo Client', apollo],
  ['urql', urqlOverSocket],
])('%s over WebSocket', (_, { open }) => {
  test('comes back when the gateway has sent it away, to the state of then', async () => {
    const { graph, feed, stock, change } = await startShop({ port: await freePort() }, soon)
    const told = open(graph).follow(live, b)
    await eventually('the state', () => told.data.length === 1)
    await restarted(graph, feed, () => stock.set('b', { version: 9, status: 'IN_STOCK' }))
    await eventually('the state of now', () => told.data.length === 2)
    change('b', 10)
    await eventually('the change', () => told.data.length === 3)
    expect(versions(told)).toEqual([5, 9, 10])
    expect([told.errors, told.isComplete]).toEqual([[], false])
  })
})

test('urql over Server-Sent Events is told that its stream broke, and hears the state of then when it follows again', async () => {
  const { graph, feed, stock } = await startShop({ port: await freePort() }, soon)
  const page = urqlOverEvents.open(graph)
  const told = page.follow(live, b)
  await eventually('the state', () => told.data.length === 1)
  await restarted(graph, feed, () => stock.set('b', { version: 9, status: 'IN_STOCK' }))
  await eventually('told', () => told.errors.length === 1)
  expect(told.errors[0]).toBeInstanceOf(CombinedError)
  expect((told.errors[0] as CombinedError).networkError).toBeInstanceOf(Error)
  const again = page.follow(live, b)
  await eventually('the state of now', () => again.data.length === 1)
  expect([versions(told), versions(again)]).toEqual([[5], [9]])
})

describe('the cache of', () => {
  const page = 'query ($skus: [String!]!) { availabilities(skus: $skus) { sku version status variant { sku title } } }'

  test('Apollo Client has what a subscription said, without asking again', async () => {
    const { graph, change } = await startShop()
    const { client, counts } = apolloClient(graph)
    const shown: number[] = []
    const watching = client.watchQuery({ query: gql(page), variables: b }).subscribe(({ data, dataState }) => {
      if (dataState === 'complete')
        shown.push((data as { availabilities: { version: number }[] }).availabilities[0]?.version ?? 0)
    })
    await eventually('the page', () => shown.length === 1)
    const following = client.subscribe({ query: gql(live), variables: b }).subscribe(() => {})
    await eventually('followed', async () => (await metric(graph, 'gateway_live_operations')) === 1)
    change('b', 6)
    await eventually('the change on the page', () => shown.at(-1) === 6)
    expect([shown, counts.fetched]).toEqual([[5, 6], 1])
    for (const one of [following, watching]) one.unsubscribe()
  })

  test('urql asks again for what a subscription said has changed', async () => {
    const { graph, change } = await startShop()
    const client = urqlClient(graph, 'socket')
    const shown: number[] = []
    const watching = client.query(page, b).subscribe(({ data, stale }) => {
      if (!stale) shown.push(data.availabilities[0].version)
    })
    await eventually('the page', () => shown.length === 1)
    const additionalTypenames = ['AvailabilityChanged']
    const following = client.subscription(live, b, { additionalTypenames }).subscribe(() => {})
    await eventually('followed', async () => (await metric(graph, 'gateway_live_operations')) === 1)
    change('b', 6)
    await eventually('the change on the page', () => shown.at(-1) === 6)
    for (const one of [following, watching]) one.unsubscribe()
  })
})
