import type { Resolvers } from '@commerce/service/subgraph-server.ts'
import { requireScope } from '@commerce/service/viewer.ts'
import { GraphQLError } from 'graphql'
import type { Context } from '../context.ts'
import type { RebuildProgress } from './rebuild.ts'
import type { ParkedEvent } from './repository.ts'

const MOST_AT_ONCE = 100

/** How far the index is, its rebuild, and the events that could not be taken; all for staff. */
export const projectionResolvers: Resolvers = {
  Query: {
    searchStatus(_: unknown, __: unknown, { viewer, projection, engine }: Context) {
      requireScope(viewer, 'catalog:write')
      return {
        lag: () => projection.lag().catch(() => null),
        documents: () => engine.documents(),
        asOf: () => engine.asOf(),
        generation: projection.generation(),
        parkedEvents: () => projection.parkedCount(),
        rebuild: () => projection.rebuild(),
      }
    },
    searchParkedEvents(_: unknown, { first }: { first: number }, { viewer, projection }: Context) {
      requireScope(viewer, 'search:write')
      if (first < 1 || first > MOST_AT_ONCE) throw badInput(`\`first\` is 1 to ${MOST_AT_ONCE}, ${first} was given.`)
      return projection.parked(first)
    },
  },
  Mutation: {
    async searchRebuild(_: unknown, { input }: { input: { force: boolean } }, { viewer, projection }: Context) {
      requireScope(viewer, 'search:write')
      return { rebuild: await projection.beginRebuild(input.force), userErrors: [] }
    },
    async searchParkedEventsReplay(_: unknown, { input }: { input: Chosen }, { viewer, projection }: Context) {
      requireScope(viewer, 'search:write')
      const outcomes = await projection.replay(subjectsOf(input))
      return {
        events: outcomes.flatMap(({ event, problem }) => (problem === null ? [event] : [])),
        userErrors: [
          ...unknown(
            input,
            outcomes.map(({ event }) => event),
          ),
          ...outcomes.flatMap(({ event, problem }) =>
            problem === null ? [] : [errorAt(input, event.subject, 'NOT_APPLIED', problem)],
          ),
        ],
      }
    },
    async searchParkedEventsDiscard(_: unknown, { input }: { input: Chosen }, { viewer, projection }: Context) {
      requireScope(viewer, 'search:write')
      const events = await projection.discard(subjectsOf(input))
      return { events, userErrors: unknown(input, events) }
    },
  },
  SearchRebuild: {
    expected: ({ total }: RebuildProgress) => total,
  },
  SearchParkedEvent: {
    sequence: ({ seq }: ParkedEvent) => String(seq),
  },
}

interface Chosen {
  subjects: string[]
}

function subjectsOf({ subjects }: Chosen): string[] {
  if (subjects.length >= 1 && subjects.length <= MOST_AT_ONCE) return subjects
  throw badInput(`\`subjects\` are 1 to ${MOST_AT_ONCE}, ${subjects.length} were given.`)
}

function badInput(message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code: 'BAD_USER_INPUT' } })
}

function unknown(input: Chosen, found: readonly ParkedEvent[]) {
  const known = new Set(found.map(({ subject }) => subject))
  return input.subjects
    .filter((subject) => !known.has(subject))
    .map((subject) => errorAt(input, subject, 'NOT_PARKED', `No event of the subject "${subject}" is parked.`))
}

function errorAt({ subjects }: Chosen, subject: string, code: string, message: string) {
  return { code, field: ['subjects', String(subjects.indexOf(subject))], message }
}
