import {
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  getNamedType,
  Kind,
  type SelectionNode,
  type SelectionSetNode,
  TypeInfo,
  visit,
  visitWithTypeInfo,
} from 'graphql'
import { applied, isSet, type SupergraphTypes, textOf } from './requires-types.ts'

const code = 'INTERFACE_WITHOUT_TYPES'
const typename: SelectionNode = { kind: Kind.FIELD, name: { kind: Kind.NAME, value: '__typename' } }

/** The interfaces that some subgraph knows as an object, and that no type implements. */
export function interfacesWithoutTypes(supergraph: SupergraphTypes): string[] {
  return [...supergraph.types.keys()].filter(
    (name) => !supergraph.implementers.has(name) && servicesWithObject(supergraph, name).length > 0,
  )
}

/**
 * The operation as the planner loses nothing of it. Of an interface without types it leaves out, without a word, what other
 * subgraphs add, and the object too when nothing else is asked: so the object is asked for its type, where the interface is one.
 * What no subgraph could say of such an object is refused.
 */
export function withTypesOf(
  lonely: readonly string[],
  supergraph: SupergraphTypes,
  schema: GraphQLSchema,
  document: DocumentNode,
): DocumentNode {
  if (lonely.length === 0) return document
  const info = new TypeInfo(schema)
  return visit(
    document,
    visitWithTypeInfo(info, {
      Field(node) {
        const [type, parent] = [getNamedType(info.getType())?.name, info.getParentType()?.name]
        if (!node.selectionSet || type === undefined || parent === undefined || !lonely.includes(type)) return undefined
        const givers = supergraph.ownersOf(parent, node.name.value)
        const objects = servicesWithObject(supergraph, type)
        if (givers.some((giver) => objects.includes(giver))) return undefined
        for (const field of fieldsOn(type, node.selectionSet, document)) {
          const owners = supergraph.ownersOf(type, field)
          const isSaid = owners.some((one) => givers.includes(one) || supergraph.canResolve(one, type))
          if (owners.length === 0 || isSaid) continue
          const message = `No subgraph can say "${field}" of what "${node.name.value}" gives: no type implements "${type}".`
          throw new GraphQLError(message, { extensions: { code } })
        }
        const selections = [...node.selectionSet.selections, typename]
        return { ...node, selectionSet: { ...node.selectionSet, selections } }
      },
    }),
  )
}

/** What the planner means when it cannot enter another subgraph because of such an interface; undefined for any other error. */
export function explained(error: unknown, lonely: readonly string[]): GraphQLError | undefined {
  if (lonely.length === 0 || !(error instanceof Error)) return undefined
  if (!error.message.includes('has no entities defined') && !error.message.includes('(runtimes: [])')) return undefined
  const name = lonely.find((one) => error.message.includes(`"${one}"`)) ?? lonely[0]
  const message = `What the operation asks of "${name}" needs the type of an object, and no type implements this interface.`
  return new GraphQLError(message, { extensions: { code } })
}

/** The subgraphs that know an interface as an object. */
function servicesWithObject({ types, serviceOf }: SupergraphTypes, name: string): string[] {
  const node = types.get(name)?.node
  if (!node) return []
  return applied(node, 'join__type')
    .filter((directive) => isSet(directive, 'isInterfaceObject', true))
    .map((directive) => serviceOf(textOf(directive, 'graph') ?? ''))
}

/** The fields of a type that are selected of it, in fragments too. */
function fieldsOn(type: string, set: SelectionSetNode, document: DocumentNode, spread = new Set<string>()): string[] {
  return set.selections.flatMap((node) => {
    if (node.kind === Kind.FIELD) return [node.name.value]
    if (node.kind === Kind.INLINE_FRAGMENT) {
      const isOther = node.typeCondition !== undefined && node.typeCondition.name.value !== type
      return isOther ? [] : fieldsOn(type, node.selectionSet, document, spread)
    }
    if (spread.has(node.name.value)) return []
    spread.add(node.name.value)
    const fragment = document.definitions.find(
      (one) => one.kind === Kind.FRAGMENT_DEFINITION && one.name.value === node.name.value,
    )
    if (fragment?.kind !== Kind.FRAGMENT_DEFINITION || fragment.typeCondition.name.value !== type) return []
    return fieldsOn(type, fragment.selectionSet, document, spread)
  })
}
