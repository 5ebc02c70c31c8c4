import { AsyncLocalStorage } from 'node:async_hooks'
import type { ApolloServerPlugin } from '@apollo/server'
import { collecting } from '@commerce/cache/dependencies.ts'
import { type GraphQLFieldResolver, type GraphQLResolveInfo, type GraphQLSchema, isObjectType } from 'graphql'

/*
 * An answer to a query carries the tags of the reads that made it, for who keeps it, under the names that Apollo Router reads
 * (https://www.apollographql.com/docs/graphos/routing/performance/caching/response-caching/invalidation):
 *
 *   extensions.apolloCacheTags: string[]           of all root fields but `_entities` and `_service`
 *   extensions.apolloEntityCacheTags: string[][]   one list for each representation, in their order; the lists of several
 *                                                  `_entities` fields follow each other in the order of the document
 *
 * A list is sorted; it is empty when nothing was read that can change.
 */

interface AnswerTags {
  roots: Set<string>
  /** By the response key of an `_entities` field, for each of its representations. */
  entities: Map<string | number, Set<string>[]>
}

const answering = new AsyncLocalStorage<AnswerTags>()

type Resolver = GraphQLFieldResolver<unknown, unknown>

/** Runs the making of one answer; what the schema of `collectTags` reads in it is told by `tagsPlugin`. */
export function withTags<T>(work: () => T): T {
  return answering.run({ roots: new Set(), entities: new Map() }, work)
}

/** Makes the resolvers of a subgraph's schema note on whose behalf they read; answers the same schema. Fields without a resolver read nothing. */
export function collectTags(schema: GraphQLSchema): GraphQLSchema {
  const query = schema.getQueryType()
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type) || type.name.startsWith('__')) continue // introspection is shared by all schemas of the process
    for (const field of Object.values(type.getFields())) {
      if (!field.resolve) continue
      const isEntities = type === query && field.name === '_entities'
      field.resolve = isEntities ? collectingEntities(field.resolve) : collectingField(field.resolve)
    }
  }
  return schema
}

/** Writes the tags into the extensions of each answer to a query that was run. */
export const tagsPlugin: ApolloServerPlugin = {
  requestDidStart: async () => ({
    async willSendResponse({ operation, response: { body } }) {
      const answer = answering.getStore()
      if (!answer || operation?.operation !== 'query' || body.kind !== 'single') return
      if (body.singleResult.data === undefined) return
      const { roots, entities } = answer
      body.singleResult.extensions = {
        ...body.singleResult.extensions,
        apolloCacheTags: sorted(roots),
        ...(entities.size > 0 && { apolloEntityCacheTags: [...entities.values()].flat().map(sorted) }),
      }
    },
  }),
}

function sorted(tags: ReadonlySet<string>): string[] {
  return [...tags].sort()
}

function collectingField(resolve: Resolver): Resolver {
  return (parent, args, context, info) => {
    const tags = tagsFor(info)
    return tags ? collecting(tags, resolve, parent, args, context, info) : resolve(parent, args, context, info)
  }
}

// One call for each representation, because nothing else says reliably which of them a read is for: a type without
// `__resolveReference` is not called at all, that of an interface's type later than all others.
function collectingEntities(resolve: Resolver): Resolver {
  return (parent, args, context, info) => {
    const answer = answerOf(info)
    if (!answer) return resolve(parent, args, context, info)
    const representations = args.representations as unknown[]
    const each = representations.map(() => new Set<string>())
    answer.entities.set(info.path.key, each)
    return each.flatMap((tags, i) =>
      collecting(tags, resolve, parent, { representations: [representations[i]] }, context, info),
    )
  }
}

function answerOf({ operation }: GraphQLResolveInfo): AnswerTags | undefined {
  return operation.operation === 'query' ? answering.getStore() : undefined
}

// The path leads to the root field, and there to the representation. What executes below is not called from within the resolver
// above it, so that the tags of that one do not reach it by itself.
function tagsFor(info: GraphQLResolveInfo): Set<string> | undefined {
  const answer = answerOf(info)
  if (!answer) return undefined
  let root = info.path
  let below: string | number = ''
  if (answer.entities.size > 0) for (; root.prev; root = root.prev) below = root.key
  const entities = answer.entities.get(root.key)
  return entities ? entities[below as number] : answer.roots
}
