import {
  type DocumentNode,
  executeSync,
  type FieldNode,
  type GraphQLOutputType,
  type GraphQLSchema,
  isAbstractType,
  isCompositeType,
  isEnumType,
  isListType,
  isNonNullType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  type SelectionNode,
} from 'graphql'
import { scalars } from './random-operation.ts'

/** How a server fills its answers: null wherever it may, or the last of all types and enum values there are. */
export type Filling = 'nulls' | 'last'

/** Executes on a server whose every field answers something that its type allows. */
export function answer(
  schema: GraphQLSchema,
  document: DocumentNode,
  variableValues: Record<string, unknown>,
  filling: Filling,
) {
  const valueFor = (type: GraphQLOutputType): unknown => {
    if (isNonNullType(type)) return some(type.ofType)
    return filling === 'nulls' ? null : some(type)
  }
  const some = (type: GraphQLOutputType): unknown => {
    if (isListType(type)) return [valueFor(type.ofType)]
    if (isEnumType(type)) return type.getValues().at(-1)?.value
    if (isAbstractType(type)) return { __typename: schema.getPossibleTypes(type).at(-1)?.name }
    return isCompositeType(type) ? {} : scalars[(type as { name: string }).name]
  }
  return executeSync({
    schema,
    document,
    variableValues,
    fieldResolver: (_, __, ___, { returnType }) => valueFor(returnType),
  })
}

/** Where an answer is not what a client that knows `schema` expects; null when it is. `grown`: unknown types and values are no surprise. */
export function surprise(schema: GraphQLSchema, document: DocumentNode, data: unknown, grown: boolean): string | null {
  const [operation] = document.definitions as readonly OperationDefinitionNode[]
  return look(schema.getQueryType() as GraphQLOutputType, operation?.selectionSet.selections ?? [], data, 'data')

  function look(
    type: GraphQLOutputType,
    selections: readonly SelectionNode[],
    value: unknown,
    path: string,
  ): string | null {
    if (isNonNullType(type)) return value == null ? `${path} is null` : look(type.ofType, selections, value, path)
    if (value === null) return null
    if (isListType(type)) {
      if (!Array.isArray(value)) return `${path} is no list`
      return value.map((item) => look(type.ofType, selections, item, path)).find((one) => one !== null) ?? null
    }
    if (isEnumType(type)) return grown || type.getValue(String(value)) ? null : `${path} is ${value}`
    if (!isCompositeType(type)) return value === scalars[type.name] ? null : `${path} is ${JSON.stringify(value)}`
    return inside(type, selections, value as Record<string, unknown>, path)
  }

  function inside(
    type: GraphQLOutputType,
    selections: readonly SelectionNode[],
    value: Record<string, unknown>,
    path: string,
  ): string | null {
    const named = schema.getType(String(value.__typename))
    const isKnown = named === type || (isAbstractType(type) && isObjectType(named) && schema.isSubType(type, named))
    if (!isKnown || !isObjectType(named)) return grown ? null : `${path} is a ${value.__typename}`
    for (const selection of selections) {
      if (selection.kind === Kind.INLINE_FRAGMENT) {
        const condition = selection.typeCondition?.name.value
        const found = condition === named.name ? inside(named, selection.selectionSet.selections, value, path) : null
        if (found) return found
      }
      const found = selection.kind === Kind.FIELD ? field(named.name, selection, value, path) : null
      if (found) return found
    }
    return null
  }

  function field(parent: string, node: FieldNode, value: Record<string, unknown>, path: string): string | null {
    if (node.name.value === '__typename') return null
    const type = schema.getType(parent)
    const known = isObjectType(type) ? type.getFields()[node.name.value] : undefined
    const key = node.alias?.value ?? node.name.value
    if (!known || !(key in value)) return `${path}.${key} is missing`
    return look(known.type, node.selectionSet?.selections ?? [], value[key], `${path}.${key}`)
  }
}
