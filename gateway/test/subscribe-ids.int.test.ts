import { encodeId } from '@commerce/service/ids.ts'
import { GraphQLError, parse } from 'graphql'
import { createClient } from 'graphql-ws'
import { afterEach, describe, expect, test } from 'vitest'
import WebSocket from 'ws'
import { eventSourcesOf } from '../src/subscribe/event-source.ts'
import { startGraph } from './graph.ts'
import { localFeed, type Payloads, take } from './shop.ts'

/*
 * Subscriptions whose argument is a global id: the event subject has the key inside it.
 */

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

const id = (key: string) => encodeId('Ticket', key)

/** Tickets by their keys, one of them with a dot, and a feed that tells of them. */
async function start() {
  const feed = localFeed()
  const tickets = new Map([
    ['a.1', 1],
    ['b', 5],
  ])
  const asked: string[][] = []
  const states = (ids: string[]) => {
    asked.push(ids)
    return ids.map((one) => {
      const key = [...tickets.keys()].find((known) => id(known) === one)
      if (key === undefined) throw new GraphQLError('There is no such ticket.', { extensions: { code: 'NOT_FOUND' } })
      return { id: one, version: tickets.get(key) }
    })
  }
  const graph = await startGraph(
    {
      tickets: {
        typeDefs: `
          extend schema @link(url: "https://specs.commerce.example/eventSource/v0.1", import: ["@eventSource"]) @composeDirective(name: "@eventSource")
          directive @eventSource(subject: String!, snapshot: String!, key: String!, idOf: String) on FIELD_DEFINITION
          type Query { ticketStates(ids: [ID!]!): [TicketChanged!] ticketState(id: ID!): [TicketChanged!] }
          type Subscription {
            ticketsChanged(ids: [ID!]!): TicketChanged! @eventSource(subject: "desk.ticket.changed.{ids}", snapshot: "ticketStates", key: "id", idOf: "Ticket")
            ticketChanged(id: ID!): TicketChanged! @eventSource(subject: "desk.ticket.changed.{id}", snapshot: "ticketState", key: "id", idOf: "Ticket")
          }
          type TicketChanged { id: ID! version: Int! ticket: Ticket }
          type Ticket { id: ID! }
        `,
        resolvers: {
          Query: {
            ticketStates: (_: unknown, { ids }: { ids: string[] }) => states(ids),
            ticketState: (_: unknown, { id }: { id: string }) => states([id]),
          },
          TicketChanged: { ticket: ({ id }: { id: string }) => ({ id }) },
        },
      },
    },
    { feed },
  )
  cleanups.push(() => graph.stop())
  const url = `${graph.gateway.url.replace('http', 'ws')}/graphql`
  return {
    tickets,
    asked,
    publish: (key: string, version: number) => feed.publish(`desk.ticket.changed.${key.replace('.', '=2E')}`, version),
    follow(query: string, variables: Record<string, unknown>): Payloads {
      const client = createClient({ url, webSocketImpl: WebSocket, retryAttempts: 0 })
      cleanups.push(() => client.dispose())
      return client.iterate({ query, variables })
    },
  }
}

const many = 'subscription ($ids: [ID!]!) { told: ticketsChanged(ids: $ids) { id version ticket { id } } }'
const one = 'subscription ($id: ID!) { told: ticketChanged(id: $id) { id version } }'

describe('a subscription by global ids', () => {
  test('follows the events of the keys inside them', async () => {
    const { follow, tickets, publish } = await start()
    const stream = follow(many, { ids: [id('a.1'), id('b')] })
    expect(await take(stream, 2)).toEqual([
      { data: { told: { id: id('a.1'), version: 1, ticket: { id: id('a.1') } } } },
      { data: { told: { id: id('b'), version: 5, ticket: { id: id('b') } } } },
    ])
    tickets.set('a.1', 2)
    publish('a.1', 2)
    expect((await take(stream, 1))[0].data.told).toMatchObject({ id: id('a.1'), version: 2 })
  })

  test('may follow a single one', async () => {
    const { follow, tickets, publish } = await start()
    const stream = follow(one, { id: id('b') })
    expect((await take(stream, 1))[0].data.told).toEqual({ id: id('b'), version: 5 })
    tickets.set('b', 6)
    publish('b', 6)
    expect((await take(stream, 1))[0].data.told).toEqual({ id: id('b'), version: 6 })
  })

  test.each([
    ['text that is no id', 'b', '`id`: expected an id of type Ticket, as its field `id` gives it; "b" is none.'],
    ['nothing', '', '`id`: expected an id of type Ticket, as its field `id` gives it; "" is none.'],
    [
      'an id of another type',
      encodeId('Table', 'b'),
      `\`id\`: expected an id of type Ticket, got "${encodeId('Table', 'b')}", one of type Table.`,
    ],
  ])('is refused for %s, and no subgraph is asked', async (_what, wrong, message) => {
    const { follow, asked } = await start()
    const refused = { extensions: { code: 'BAD_USER_INPUT' } }
    await expect(take(follow(one, { id: wrong }), 1)).rejects.toMatchObject([{ message, ...refused }])
    await expect(take(follow(many, { ids: [id('b'), wrong] }), 1)).rejects.toMatchObject([refused])
    expect(asked).toEqual([])
  })

  test('ends with the error of a subgraph that does not find it, at the start or later', async () => {
    const { follow, tickets, publish } = await start()
    const gone = [{ message: 'There is no such ticket.', extensions: { code: 'NOT_FOUND' } }]
    await expect(take(follow(one, { id: id('c') }), 1)).rejects.toMatchObject(gone)
    const stream = follow(one, { id: id('b') })
    await take(stream, 1)
    tickets.delete('b')
    publish('b', 6)
    await expect(take(stream, 1)).rejects.toMatchObject(gone)
  })
})

test('a supergraph whose `idOf` names no type is refused', () => {
  const sdl = (type: string) => `
    type Subscription { thing(id: ID!): Thing @eventSource(subject: "thing.{id}", snapshot: "things", key: "id", idOf: "${type}") }
    type Thing { id: ID! }`
  expect(eventSourcesOf(parse(sdl('Thing'))).get('thing')?.idOf).toBe('Thing')
  expect(() => eventSourcesOf(parse(sdl('Thin')))).toThrow(
    '@eventSource on Subscription.thing: "idOf" names no type of the graph: Thin.',
  )
})
