import type { SeenEvents } from '@commerce/events/seen.ts'
import { GraphQLError } from 'graphql'
import type { FeedListener } from '../src/subscribe/feed.ts'
import type { SubgraphSource } from './graph.ts'

/** An event feed inside this process. */
export function localFeed() {
  const listeners = new Set<FeedListener>()
  const last = new Map<string, number>()
  return {
    stream: 'test',
    /** The first event that is still kept, and the last. */
    first: 1,
    end: 0,
    current: true,
    seen: null as SeenEvents | null,
    sources: ['item', 'price', 'inventory', 'catalog'],
    heard: true,
    has(_seen: SeenEvents) {
      return this.heard
    },
    subscribe(listener: FeedListener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    publish(subject: string, version: number, changedAt = Date.now()) {
      this.end++
      last.set(subject, this.end)
      const event = { subject, data: { version }, changedAt, stream: this.stream, seq: this.end }
      for (const listener of listeners) listener.event(event)
    },
    async lastEvents(subjects: readonly string[]) {
      const { stream, first, end } = this
      return { stream, first, end, last: new Map(subjects.map((subject) => [subject, last.get(subject) ?? 0])) }
    },
    lose() {
      this.current = false
      for (const listener of listeners) listener.lost()
    },
    recover(complete: boolean) {
      this.current = true
      for (const listener of listeners) listener.recovered(complete)
    },
  }
}

/** Stock that a test changes, served by an inventory that can lag or fail, and a catalog for the rest of the plan. */
export function shop() {
  const stock = new Map<string, { version: number; status: string }>([
    ['a.1', { version: 1, status: 'IN_STOCK' }],
    ['b', { version: 5, status: 'LOW_STOCK' }],
  ])
  const state = { reads: 0, failure: '', gate: undefined as Promise<void> | undefined, catalogReads: 0 }
  const sources: Record<string, SubgraphSource> = {
    inventory: {
      typeDefs: `
        extend schema @link(url: "https://specs.commerce.example/eventSource/v0.1", import: ["@eventSource"]) @composeDirective(name: "@eventSource")
        directive @eventSource(subject: String!, snapshot: String!, key: String!, idOf: String) on FIELD_DEFINITION
        type Query { availabilities(skus: [String!]!, note: String): [AvailabilityChanged!]! stockOf(sku: ID!): [AvailabilityChanged!]! }
        type Subscription {
          availabilityChanged(skus: [String!]!, note: String): AvailabilityChanged!
            @eventSource(subject: "inventory.stock.changed.{skus}", snapshot: "availabilities", key: "sku")
          stockChanged(sku: ID!): AvailabilityChanged! @eventSource(subject: "inventory.stock.changed.{sku}", snapshot: "stockOf", key: "sku")
          unfed: AvailabilityChanged!
        }
        type AvailabilityChanged { sku: String! version: Int! status: String! note: String variant: Variant! }
        type Variant @key(fields: "sku") { sku: String! }
      `,
      resolvers: {
        Query: {
          stockOf: (_: unknown, { sku }: { sku: string }) => [{ sku, ...stock.get(sku), variant: { sku } }],
          availabilities: async (_: unknown, { skus, note }: { skus: string[]; note?: string }) => {
            state.reads++
            const found = skus.flatMap((sku) => {
              const one = stock.get(sku)
              return one ? [{ sku, ...one, note, variant: { sku } }] : []
            })
            await state.gate
            if (state.failure) throw new GraphQLError('not now', { extensions: { code: state.failure } })
            return found
          },
        },
      },
    },
    catalog: {
      typeDefs: `type Query { hello: String } type Variant @key(fields: "sku") { sku: String! title: String! }`,
      resolvers: {
        Query: { hello: () => 'hello' },
        Variant: {
          __resolveReference: (ref: { sku: string }) => {
            state.catalogReads++
            return { ...ref, title: `Title of ${ref.sku}` }
          },
        },
      },
    },
  }
  return { stock, state, sources }
}

/** The event subject of a SKU's stock. */
export function subject(sku: string): string {
  return `inventory.stock.changed.${sku.replace('.', '=2E')}`
}

/** A subscription to the stock of SKUs, with a field of another subgraph. */
export const live =
  'subscription ($skus: [String!]!) { availabilityChanged(skus: $skus) { version status variant { sku title } } }'

/** What a client receives. */
// biome-ignore lint/suspicious/noExplicitAny: payloads are compared with literals
export type Payloads = AsyncIterableIterator<any>

/** The next payloads of a stream, fewer when it ends. */
export async function take(stream: Payloads, count: number) {
  // biome-ignore lint/suspicious/noExplicitAny: payloads are compared with literals
  const taken: any[] = []
  while (taken.length < count) {
    const next = await stream.next()
    if (next.done) break
    taken.push(next.value)
  }
  return taken
}
