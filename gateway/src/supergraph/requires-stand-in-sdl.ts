import {
  type ConstDirectiveNode,
  type ConstValueNode,
  type DefinitionNode,
  type DocumentNode,
  type EnumTypeDefinitionNode,
  type FieldDefinitionNode,
  type InterfaceTypeDefinitionNode,
  Kind,
  type ObjectTypeDefinitionNode,
  type UnionTypeDefinitionNode,
} from 'graphql'
import type { Requirements } from './requires-fields.ts'
import type { Mode, StandIn } from './requires-stand-ins.ts'
import { applied, textOf } from './requires-types.ts'

type Composite = ObjectTypeDefinitionNode | InterfaceTypeDefinitionNode
type Directives = readonly ConstDirectiveNode[]

/** The supergraph with the stand-ins; the subgraphs that they stand in for have their fields no longer. */
export function withStandIns(
  document: DocumentNode,
  { variants }: Requirements,
  standIns: readonly StandIn[],
): DocumentNode {
  const moved = new Set(standIns.flatMap(({ of, type, keys }) => keys.map((key) => `${of} ${type}.${key}`)))
  const implementers = new Map<string, string[]>()
  for (const node of document.definitions) {
    if (node.kind !== Kind.OBJECT_TYPE_DEFINITION && node.kind !== Kind.INTERFACE_TYPE_DEFINITION) continue
    for (const { name } of node.interfaces ?? [])
      implementers.set(name.value, [...(implementers.get(name.value) ?? []), node.name.value])
  }

  function changed(node: DefinitionNode): DefinitionNode {
    switch (node.kind) {
      case Kind.ENUM_TYPE_DEFINITION:
        if (node.name.value === 'join__Graph') return withGraphs(node)
        return { ...node, directives: shared(node.directives), values: node.values?.map(withShared) }
      case Kind.INPUT_OBJECT_TYPE_DEFINITION:
        return { ...node, directives: shared(node.directives), fields: node.fields?.map(withShared) }
      case Kind.SCALAR_TYPE_DEFINITION:
        return withShared(node)
      case Kind.UNION_TYPE_DEFINITION:
        return { ...node, directives: [...(node.directives ?? []), ...typeDirectives(node)] }
      case Kind.OBJECT_TYPE_DEFINITION:
      case Kind.INTERFACE_TYPE_DEFINITION: {
        if (!standIns.some(({ content }) => content.has(node.name.value))) return node
        const directives = [...(node.directives ?? []), ...typeDirectives(node)]
        return { ...node, directives, fields: node.fields?.map((field) => withEntries(node, field)) }
      }
      default:
        return node
    }
  }

  function withGraphs(node: EnumTypeDefinitionNode): EnumTypeDefinitionNode {
    const values = standIns.flatMap(({ graph, name, of }) => {
      const value = node.values?.find((one) => one.name.value === of)
      const directives = value?.directives?.map((one) => again(one, { name: string(name) }))
      return value ? [{ ...value, name: { kind: Kind.NAME, value: graph } as const, directives }] : []
    })
    return { ...node, values: [...(node.values ?? []), ...values] }
  }

  /** Leaves and inputs are known to a stand-in as to its subgraph. */
  function shared(directives: Directives = []): ConstDirectiveNode[] {
    const added = standIns.flatMap(({ graph, of }) =>
      directives.filter((one) => textOf(one, 'graph') === of).map((one) => again(one, { graph: enumValue(graph) })),
    )
    return [...directives, ...added]
  }

  function withShared<T extends { readonly directives?: Directives }>(node: T): T {
    return { ...node, directives: shared(node.directives) }
  }

  function typeDirectives(node: Composite | UnionTypeDefinitionNode): ConstDirectiveNode[] {
    const name = node.name.value
    return standIns.flatMap(({ graph, of, type, content }) => {
      const own = content.get(name)
      if (!own) return []
      const resolvable = name === type ? {} : { resolvable: no }
      const keys = own.keys.map((one) => again(one, { graph: enumValue(graph), ...resolvable }))
      const [any] = applied(node, 'join__type').filter((one) => textOf(one, 'graph') === of)
      const types = keys.length === 0 && any ? [again(any, { graph: enumValue(graph), key: undefined })] : keys
      const relations = [...applied(node, 'join__implements'), ...applied(node, 'join__unionMember')]
        .filter((one) => textOf(one, 'graph') === of)
        .filter((one) => content.has(textOf(one, 'interface') ?? textOf(one, 'member') ?? ''))
        .map((one) => again(one, { graph: enumValue(graph) }))
      return [...types, ...relations]
    })
  }

  function withEntries(type: Composite, node: FieldDefinitionNode): FieldDefinitionNode {
    const [name, key] = [type.name.value, node.name.value]
    const given = applied(node, 'join__field')
    // A field without any is in all subgraphs of its type: in the stand-ins, too.
    const everywhere = new Set(applied(type, 'join__type').flatMap((one) => textOf(one, 'graph') ?? []))
    const entries = given.length > 0 ? given : [...everywhere].map(joinField)
    const kept = entries.flatMap((entry) => {
      const graph = textOf(entry, 'graph') ?? ''
      if (![name, ...(implementers.get(name) ?? [])].some((one) => moved.has(`${graph} ${one}.${key}`))) return [entry]
      if (!variants.isRead(graph, name, key)) return []
      return type.kind === Kind.INTERFACE_TYPE_DEFINITION ? [entry] : [inMode(entry, graph, 'external', '')]
    })
    const added = standIns.flatMap(({ graph, of, requires, content }) => {
      const mode = content.get(name)?.fields.get(key)
      const entry = entries.find((one) => textOf(one, 'graph') === of) ?? joinField(of)
      return mode ? [inMode(entry, graph, mode, requires)] : []
    })
    const others = node.directives?.filter((one) => one.name.value !== 'join__field') ?? []
    return { ...node, directives: [...others, ...kept, ...added] }
  }

  return { ...document, definitions: document.definitions.map(changed) }
}

const no: ConstValueNode = { kind: Kind.BOOLEAN, value: false }

function string(value: string): ConstValueNode {
  return { kind: Kind.STRING, value }
}

function enumValue(value: string): ConstValueNode {
  return { kind: Kind.ENUM, value }
}

function joinField(graph: string): ConstDirectiveNode {
  const directive: ConstDirectiveNode = { kind: Kind.DIRECTIVE, name: { kind: Kind.NAME, value: 'join__field' } }
  return again(directive, { graph: enumValue(graph) })
}

/** A field's entry for another subgraph; `requires` counts where that is the mode. */
function inMode(entry: ConstDirectiveNode, graph: string, mode: Mode, requires: string): ConstDirectiveNode {
  const kept = new Set(['type', 'contextArguments'])
  const only = { ...entry, arguments: entry.arguments?.filter(({ name }) => kept.has(name.value)) }
  const external: ConstValueNode = { kind: Kind.BOOLEAN, value: true }
  const says = { external: { external }, requiring: { requires: string(requires) }, own: {} }
  return again(only, { graph: enumValue(graph), ...says[mode] })
}

/** The directive with some arguments changed, or left out where they are undefined. */
function again(directive: ConstDirectiveNode, changes: Record<string, ConstValueNode | undefined>): ConstDirectiveNode {
  const kept = directive.arguments?.filter(({ name }) => !(name.value in changes)) ?? []
  const added = Object.entries(changes).flatMap(([name, value]) =>
    value ? [{ kind: Kind.ARGUMENT, name: { kind: Kind.NAME, value: name }, value } as const] : [],
  )
  return { ...directive, arguments: [...kept, ...added] }
}
