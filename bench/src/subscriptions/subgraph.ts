import { dependOn } from '@commerce/cache/dependencies.ts'
import { noteChange } from '@commerce/events/changes.ts'
import { subjectOf } from '@commerce/events/subject.ts'
import { parse } from 'graphql'
import { startEvents } from '../memory/events.ts'
import { startMemorySubgraphs } from '../memory/subgraph.ts'
import { answerParent } from '../processes/messages.ts'

// An inventory of one process: `change` raises the version of a SKU, and its event is told as the shop's relay tells it.
export const typeDefs = parse(`
  extend schema
    @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@composeDirective"])
    @link(url: "https://specs.commerce.example/eventSource/v0.1", import: ["@eventSource"])
    @composeDirective(name: "@eventSource")
  directive @eventSource(subject: String!, snapshot: String!, key: String!) on FIELD_DEFINITION
  type Query { availabilities(skus: [String!]!): [AvailabilityChanged!]! }
  type Mutation { change(sku: String!): Int! }
  type Subscription {
    availabilityChanged(skus: [String!]!): AvailabilityChanged!
      @eventSource(subject: "inventory.stock.changed.{skus}", snapshot: "availabilities", key: "sku")
  }
  type AvailabilityChanged { sku: String! version: Int! availability: Availability! }
  type Availability { status: String! available: Int }
`)

if (process.send) {
  const events = await startEvents(process.argv[2] ?? '')
  const versions = new Map<string, number>()
  const resolvers = {
    Query: {
      availabilities: (_: unknown, { skus }: { skus: string[] }) =>
        skus.map((sku) => {
          const version = versions.get(sku) ?? 0
          dependOn(subjectOf('inventory.stock.changed', sku))
          return { sku, version, availability: { status: 'LOW_STOCK', available: version % 10 } }
        }),
    },
    Mutation: {
      change(_: unknown, { sku }: { sku: string }) {
        const version = (versions.get(sku) ?? 0) + 1
        versions.set(sku, version)
        noteChange(subjectOf('inventory.stock.changed', sku), version)
        return version
      },
    },
  }
  const { urls } = await startMemorySubgraphs({ subgraphs: { inventory: { typeDefs, resolvers } } }, events.tell)
  answerParent<'urls', Record<string, string>>(() => urls)
}
