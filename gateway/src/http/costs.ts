// Above the usual length because what makes up a cost is one recursion: lists, fields, arguments, fragments.
import {
  type ArgumentNode,
  type DirectiveNode,
  type DocumentNode,
  type FragmentDefinitionNode,
  GraphQLError,
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLNamedType,
  type GraphQLSchema,
  getNamedType,
  getOperationAST,
  isAbstractType,
  isInputObjectType,
  isInterfaceType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  Kind,
  type SelectionSetNode,
  type ValueNode,
  valueFromASTUntyped,
} from 'graphql'
import { costNames, type ListSize, listSizeOf, weightIn } from './cost-directives.ts'

type Variables = Readonly<Record<string, unknown>>

/** What a cost is estimated with. */
export interface CostOptions {
  /** Elements of a list about whose length the schema says nothing. */
  listSize: number
  /** Weight of a field of a mutation that has no `@cost`. */
  mutation: number
}

/** Estimates operations of one schema. */
export interface Costs {
  /**
   * The estimated cost of an operation whose fragments are not cyclic; 0 when there is no such operation. Counts what it does not
   * know as nothing, since validation refuses it. Throws a GraphQLError when a list needs one slicing argument and has another number.
   */
  estimate(document: DocumentNode, operationName: string | undefined, variables: Variables): number
}

/**
 * The cost of what an operation may return at most: objects weigh 1, scalars and enums 0, input objects that are given 1, root
 * fields of mutations `mutation`, anything with `@cost` as said there; a field of a list counts once for each element that
 * `@listSize` or `listSize` lets expect. (GraphQL Cost Directives specification; of the fragments on different object types only
 * the dearest counts, because an object has one type; of the types that an interface or a union may be, the heaviest.)
 */
export function costsOf(schema: GraphQLSchema, options: CostOptions): Costs {
  const names = costNames(schema)
  const listSizes = new WeakMap<object, ListSize | null>()
  const sizeOf = (field: GraphQLField<unknown, unknown>): ListSize | null => {
    let size = listSizes.get(field)
    if (size === undefined) {
      size = listSizeOf(field.astNode?.directives, names)
      listSizes.set(field, size)
    }
    return size
  }

  return {
    estimate(document, operationName, given) {
      const operation = getOperationAST(document, operationName)
      const root = operation && schema.getRootType(operation.operation)
      if (!root) return 0
      const fragments = new Map<string, FragmentDefinitionNode>()
      for (const definition of document.definitions) {
        if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition)
      }
      const variables: Record<string, unknown> = Object.create(null)
      for (const { variable, defaultValue } of operation.variableDefinitions ?? []) {
        const name = variable.name.value
        if (Object.hasOwn(given, name)) variables[name] = given[name]
        else if (defaultValue) variables[name] = valueFromASTUntyped(defaultValue)
      }
      return new Estimate(schema, options, names.cost, sizeOf, fragments, variables).selections(
        operation.selectionSet,
        root,
        undefined,
        operation.operation === 'mutation' ? options.mutation : undefined,
      )
    },
  }
}

/** Sizes that a parent gives to some of its fields. */
interface Sized {
  fields: readonly string[]
  size: number
}

class Estimate {
  readonly #schema: GraphQLSchema
  readonly #options: CostOptions
  readonly #costName: string | undefined
  readonly #sizeOf: (field: GraphQLField<unknown, unknown>) => ListSize | null
  readonly #fragments: ReadonlyMap<string, FragmentDefinitionNode>
  readonly #variables: Variables

  constructor(
    schema: GraphQLSchema,
    options: CostOptions,
    costName: string | undefined,
    sizeOf: (field: GraphQLField<unknown, unknown>) => ListSize | null,
    fragments: ReadonlyMap<string, FragmentDefinitionNode>,
    variables: Variables,
  ) {
    this.#schema = schema
    this.#options = options
    this.#costName = costName
    this.#sizeOf = sizeOf
    this.#fragments = fragments
    this.#variables = variables
  }

  selections(
    set: SelectionSetNode,
    type: GraphQLNamedType,
    sized: Sized | undefined,
    least: number | undefined,
  ): number {
    let shared = 0
    let own: Map<string, number> | undefined
    for (const node of set.selections) {
      if (this.#isLeftOut(node.directives)) continue
      if (node.kind === Kind.FIELD) {
        const name = node.name.value
        const field = isObjectType(type) || isInterfaceType(type) ? type.getFields()[name] : undefined
        if (field) shared += this.#field(field, node, sized?.fields.includes(name) ? sized.size : undefined, least)
        continue
      }
      const fragment = node.kind === Kind.INLINE_FRAGMENT ? node : this.#fragments.get(node.name.value)
      if (!fragment) continue
      const condition = fragment.typeCondition?.name.value
      const inner = condition === undefined ? type : this.#schema.getType(condition)
      if (!inner) continue
      const cost = this.selections(fragment.selectionSet, inner, sized, least)
      if (inner === type || !isObjectType(inner)) shared += cost
      else {
        own ??= new Map()
        own.set(inner.name, (own.get(inner.name) ?? 0) + cost)
      }
    }
    return own ? shared + Math.max(...own.values()) : shared
  }

  #field(
    field: GraphQLField<unknown, unknown>,
    node: { arguments?: readonly ArgumentNode[]; selectionSet?: SelectionSetNode | undefined },
    given: number | undefined,
    least: number | undefined,
  ): number {
    const type = getNamedType(field.type)
    const listSize = this.#sizeOf(field)
    const size = listSize ? this.#expected(field, node.arguments, listSize) : undefined
    const forChildren = listSize?.sizedFields
    const own = this.#weight(field.astNode?.directives) ?? this.#typeWeight(type, least)
    const below = node.selectionSet
      ? this.selections(
          node.selectionSet,
          type,
          forChildren ? { fields: forChildren, size: size ?? this.#options.listSize } : undefined,
          undefined,
        )
      : 0
    const nullable = isNonNullType(field.type) ? field.type.ofType : field.type
    const times = isListType(nullable) ? (given ?? (forChildren ? undefined : size) ?? this.#options.listSize) : 1
    return times * (own + below) + this.#arguments(field, node.arguments)
  }

  #typeWeight(type: GraphQLNamedType, least: number | undefined): number {
    const own = this.#weight(type.astNode?.directives) ?? least
    if (own !== undefined || !this.#costName || !isAbstractType(type)) return own ?? (isLeafType(type) ? 0 : 1)
    let most = 0
    for (const possible of this.#schema.getPossibleTypes(type)) most = Math.max(most, this.#typeWeight(possible, least))
    return most
  }

  #weight(directives: readonly DirectiveNode[] | undefined): number | undefined {
    return weightIn(directives, this.#costName)
  }

  /** How many elements the slicing arguments ask for, or else `assumedSize`; undefined when neither says it. */
  #expected(
    field: GraphQLField<unknown, unknown>,
    nodes: readonly ArgumentNode[] | undefined,
    { slicingArguments, assumedSize, requireOne }: ListSize,
  ): number | undefined {
    if (!slicingArguments) return assumedSize
    let most: number | undefined
    let count = 0
    for (const path of slicingArguments) {
      const value = this.#argument(field, nodes, path)
      if (typeof value !== 'number') continue
      count++
      most = Math.max(most ?? 0, value)
    }
    if (requireOne && count !== 1) {
      const message = `The field ${field.name} needs exactly one of the arguments ${slicingArguments.map((path) => path.join('.')).join(', ')}, and has ${count}.`
      throw new GraphQLError(message, { extensions: { code: 'SLICING_ARGUMENT_REQUIRED' } })
    }
    return most ?? assumedSize
  }

  /** The value at a path that begins with an argument's name, such as `["filter", "first"]`. */
  #argument(
    field: GraphQLField<unknown, unknown>,
    nodes: readonly ArgumentNode[] | undefined,
    [name, ...rest]: readonly string[],
  ): unknown {
    const node = nodes?.find((argument) => argument.name.value === name)
    const definition = field.args.find((argument) => argument.name === name)
    let value = node ? this.#value(node.value) : undefined
    if (value === undefined) value = definition?.defaultValue
    for (const key of rest) {
      value =
        typeof value === 'object' && value !== null && Object.hasOwn(value, key) ? Reflect.get(value, key) : undefined
    }
    return value
  }

  #value(node: ValueNode): unknown {
    return node.kind === Kind.VARIABLE ? this.#variables[node.name.value] : valueFromASTUntyped(node, this.#variables)
  }

  #arguments(field: GraphQLField<unknown, unknown>, nodes: readonly ArgumentNode[] | undefined): number {
    let cost = 0
    for (const node of nodes ?? []) {
      const definition = field.args.find(({ name }) => name === node.name.value)
      if (!definition) continue
      const { type, astNode } = definition
      // Scalars without weight are the usual case, and cost nothing.
      if (isLeafType(getNamedType(type)) && !this.#costName) continue
      cost += this.#input(type, this.#value(node.value), this.#weight(astNode?.directives))
    }
    return cost
  }

  #input(type: GraphQLInputType, value: unknown, own: number | undefined): number {
    if (value === undefined || value === null) return 0
    const nullable = isNonNullType(type) ? type.ofType : type
    if (isListType(nullable)) {
      if (!Array.isArray(value)) return this.#input(nullable.ofType, value, own)
      let cost = 0
      for (const element of value) cost += this.#input(nullable.ofType, element, own)
      return cost
    }
    const weight = own ?? this.#weight(nullable.astNode?.directives) ?? (isInputObjectType(nullable) ? 1 : 0)
    if (!isInputObjectType(nullable) || typeof value !== 'object') return weight
    let cost = weight
    const fields = nullable.getFields()
    for (const [name, inner] of Object.entries(value)) {
      const field = Object.hasOwn(fields, name) ? fields[name] : undefined
      if (field) cost += this.#input(field.type, inner, this.#weight(field.astNode?.directives))
    }
    return cost
  }

  #isLeftOut(directives: readonly DirectiveNode[] | undefined): boolean {
    for (const { name, arguments: nodes } of directives ?? []) {
      if (name.value !== 'skip' && name.value !== 'include') continue
      const condition = nodes?.find((argument) => argument.name.value === 'if')
      if (condition && this.#value(condition.value) === (name.value === 'skip')) return true
    }
    return false
  }
}
