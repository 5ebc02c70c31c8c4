import {
  type ArgumentNode,
  type DocumentNode,
  type GraphQLInputType,
  type GraphQLSchema,
  getNamedType,
  isInputObjectType,
  isInputType,
  Kind,
  type ObjectFieldNode,
  TypeInfo,
  typeFromAST,
  visit,
  visitWithTypeInfo,
} from 'graphql'

/** What a document uses of a schema, as exact coordinates. */
export interface Usage {
  /** `Type.field` as selected: of the interface, when it is selected through one. */
  fields: ReadonlySet<string>
  /** `Type.field(arg:)` as given. */
  arguments: ReadonlySet<string>
  /** `Type.field(arg:)` of selected fields and `Input.field` of written inputs that are left out somewhere, or may be null there. */
  lacking: ReadonlySet<string>
  /** Types of selected fields, of conditions, and of what the fields are in. */
  outputs: ReadonlySet<string>
  /** Input types that a variable or an argument's value has or may hold. */
  inputs: ReadonlySet<string>
  /** Input types whose values come with the request, in a variable: any of their fields and values may be sent. */
  sent: ReadonlySet<string>
  /** `Input.field` and `Enum.VALUE` as written in the document. */
  written: ReadonlySet<string>
  /** Directives, without the @. */
  directives: ReadonlySet<string>
}

/** Reads a document against the schema that it is valid on; what the schema does not know is left out. */
export function usageOf(schema: GraphQLSchema, document: DocumentNode): Usage {
  const [fields, given, lacking, outputs, inputs] = Array.from({ length: 5 }, () => new Set<string>())
  const [sent, written, directives] = Array.from({ length: 3 }, () => new Set<string>())
  const usage = { fields, arguments: given, lacking, outputs, inputs, sent, written, directives } as Record<
    string,
    Set<string>
  >
  const nullable = nullableVariables(document)
  const isLacking = (name: string, among: readonly (ArgumentNode | ObjectFieldNode)[] = []) => {
    const value = among.find((one) => one.name.value === name)?.value
    if (value?.kind === Kind.VARIABLE) return nullable.has(value.name.value)
    return value === undefined || value.kind === Kind.NULL
  }
  const add = (where: keyof Usage, value: string | undefined) => value !== undefined && usage[where]?.add(value)
  const info = new TypeInfo(schema)
  visit(
    document,
    visitWithTypeInfo(info, {
      Field(node) {
        const [parent, field] = [info.getParentType(), info.getFieldDef()]
        if (!parent || !field || field.name.startsWith('__')) return
        add('fields', `${parent.name}.${field.name}`)
        add('outputs', parent.name)
        add('outputs', getNamedType(field.type).name)
        for (const { name } of field.args)
          if (isLacking(name, node.arguments)) add('lacking', `${parent.name}.${field.name}(${name}:)`)
      },
      Argument(node) {
        const [parent, field, argument] = [info.getParentType(), info.getFieldDef(), info.getArgument()]
        if (!argument) return
        add('inputs', getNamedType(argument.type).name)
        const directive = info.getDirective()
        if (directive) add('arguments', `@${directive.name}(${node.name.value}:)`)
        else if (parent && field) add('arguments', `${parent.name}.${field.name}(${node.name.value}:)`)
      },
      Directive: (node) => void add('directives', node.name.value),
      FragmentDefinition: ({ typeCondition }) => void add('outputs', typeCondition.name.value),
      InlineFragment: ({ typeCondition }) => void add('outputs', typeCondition?.name.value),
      VariableDefinition({ type }) {
        const named = typeFromAST(schema, type as never)
        if (!isInputType(named)) return
        for (const name of heldBy(named)) {
          add('sent', name)
          add('inputs', name)
        }
      },
      ObjectValue(node) {
        const type = getNamedType(info.getInputType() ?? null)
        if (!isInputObjectType(type)) return
        for (const name of Object.keys(type.getFields()))
          if (isLacking(name, node.fields)) add('lacking', `${type.name}.${name}`)
      },
      ObjectField(node) {
        const parent = getNamedType(info.getParentInputType() ?? null)
        if (parent) add('written', `${parent.name}.${node.name.value}`)
        const type = getNamedType(info.getInputType() ?? null)
        if (type) add('inputs', type.name)
      },
      EnumValue(node) {
        const type = getNamedType(info.getInputType() ?? null)
        if (type) add('written', `${type.name}.${node.value}`)
      },
    }),
  )
  return usage as unknown as Usage
}

/** Variables that may be null, whatever their default is: a request may send null itself. Operations of one document share fragments. */
function nullableVariables({ definitions }: DocumentNode): Set<string> {
  const declared = definitions.flatMap((one) =>
    one.kind === Kind.OPERATION_DEFINITION ? (one.variableDefinitions ?? []) : [],
  )
  return new Set(
    declared.filter(({ type }) => type.kind !== Kind.NON_NULL_TYPE).map(({ variable }) => variable.name.value),
  )
}

/** The names of an input type and of all that its fields may hold. */
function heldBy(type: GraphQLInputType, found = new Set<string>()): Set<string> {
  const named = getNamedType(type)
  if (found.has(named.name)) return found
  found.add(named.name)
  if (isInputObjectType(named)) for (const field of Object.values(named.getFields())) heldBy(field.type, found)
  return found
}
