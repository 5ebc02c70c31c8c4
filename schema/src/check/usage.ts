import {
  type DocumentNode,
  type GraphQLInputType,
  type GraphQLSchema,
  getNamedType,
  isInputObjectType,
  isInputType,
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
  const [fields, given, outputs, inputs, sent, written, directives] = Array.from({ length: 7 }, () => new Set<string>())
  const usage = { fields, arguments: given, outputs, inputs, sent, written, directives } as Record<string, Set<string>>
  const add = (where: keyof Usage, value: string | undefined) => value !== undefined && usage[where]?.add(value)
  const info = new TypeInfo(schema)
  visit(
    document,
    visitWithTypeInfo(info, {
      Field() {
        const [parent, field] = [info.getParentType(), info.getFieldDef()]
        if (!parent || !field || field.name.startsWith('__')) return
        add('fields', `${parent.name}.${field.name}`)
        add('outputs', parent.name)
        add('outputs', getNamedType(field.type).name)
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

/** The names of an input type and of all that its fields may hold. */
function heldBy(type: GraphQLInputType, found = new Set<string>()): Set<string> {
  const named = getNamedType(type)
  if (found.has(named.name)) return found
  found.add(named.name)
  if (isInputObjectType(named)) for (const field of Object.values(named.getFields())) heldBy(field.type, found)
  return found
}
