// Long because it lists every way in which a case can be smaller.
import { type ASTNode, type DocumentNode, Kind, parse, print, type SelectionNode, visit } from 'graphql'
import { type FieldModel, fieldsOf, type Model, named } from './model.ts'
import type { Asked } from './operations.ts'

/** A universe and what is asked of it. */
export interface Case {
  model: Model
  asked: Asked[]
}

/** Smaller cases, the most promising first; some may make no sense, whoever runs them finds out. */
export function* smaller(one: Case): Generator<Case> {
  if (one.asked.length > 1) {
    for (const asked of one.asked) yield { ...one, asked: [asked] }
    return
  }
  const [asked] = one.asked
  if (!asked) return
  for (const faults of without(asked.faults)) yield { ...one, asked: [{ ...asked, faults }] }
  for (const text of smallerTexts(asked.text)) yield { ...one, asked: [{ ...asked, text }] }
  for (const name of Object.keys(asked.variables)) {
    if (asked.text.includes(`$${name}`)) continue
    const { [name]: _unused, ...variables } = asked.variables
    yield { ...one, asked: [{ ...asked, variables }] }
  }
  for (const model of smallerModels(one.model)) yield { ...one, model }
}

/** The list without one half, a quarter, ..., one element. */
function* without<T>(list: readonly T[]): Generator<T[]> {
  for (let size = Math.ceil(list.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2))
    for (let at = 0; at < list.length; at += size) yield [...list.slice(0, at), ...list.slice(at + size)]
}

function* smallerTexts(text: string): Generator<string> {
  const document = parse(text, { noLocation: true })
  const nodes: SelectionNode[] = []
  visit(document, { enter: (node) => void (isSelection(node) && nodes.push(node)) })
  for (const node of nodes) yield* changed(document, node, () => null)
  for (const node of nodes) {
    if (node.kind === Kind.INLINE_FRAGMENT) yield* replaced(document, node, node.selectionSet.selections)
    if (node.kind === Kind.FRAGMENT_SPREAD) {
      const fragment = document.definitions.find(
        (d) => d.kind === Kind.FRAGMENT_DEFINITION && d.name.value === node.name.value,
      )
      if (fragment?.kind === Kind.FRAGMENT_DEFINITION) {
        const { typeCondition, selectionSet } = fragment
        const { directives } = node
        yield* replaced(document, node, [{ kind: Kind.INLINE_FRAGMENT, typeCondition, selectionSet, directives }])
      }
    }
    for (const directive of node.directives ?? [])
      yield* changed(document, node, (found) => ({
        ...found,
        directives: found.directives?.filter((d) => d !== directive),
      }))
    if (node.kind !== Kind.FIELD) continue
    if (node.alias) yield* changed(document, node, (found) => ({ ...found, alias: undefined }) as SelectionNode)
    for (const arg of node.arguments ?? []) {
      const kept = node.arguments?.filter((a) => a !== arg)
      yield* changed(document, node, (found) => ({ ...found, arguments: kept }) as SelectionNode)
      if (arg.value.kind !== Kind.NULL) {
        const nulled = node.arguments?.map((a) => (a === arg ? { ...a, value: { kind: Kind.NULL } as const } : a))
        yield* changed(document, node, (found) => ({ ...found, arguments: nulled }) as SelectionNode)
      }
    }
  }
}

function isSelection(node: ASTNode): node is SelectionNode {
  return node.kind === Kind.FIELD || node.kind === Kind.INLINE_FRAGMENT || node.kind === Kind.FRAGMENT_SPREAD
}

function* changed(
  document: DocumentNode,
  target: SelectionNode,
  change: (node: SelectionNode) => SelectionNode | null,
) {
  const on = (node: SelectionNode) => (node === target ? change(node) : undefined)
  yield* cleaned(visit(document, { Field: on, InlineFragment: on, FragmentSpread: on }))
}

function* replaced(document: DocumentNode, target: SelectionNode, by: readonly SelectionNode[]) {
  yield* cleaned(
    visit(document, {
      SelectionSet: (set) => {
        if (!set.selections.includes(target)) return undefined
        return { ...set, selections: set.selections.flatMap((node) => (node === target ? by : [node])) }
      },
    }),
  )
}

/** Without empty selections, and without fragments and variables that nothing uses; nothing when nothing is left. */
function* cleaned(document: DocumentNode): Generator<string> {
  let current = document
  for (;;) {
    const spreads = new Set<string>()
    const defined = new Set(
      current.definitions.flatMap((d) => (d.kind === Kind.FRAGMENT_DEFINITION ? [d.name.value] : [])),
    )
    const variables = new Set<string>()
    visit(current, {
      FragmentSpread: (node) => void spreads.add(node.name.value),
      Variable: (node, _key, parent) => {
        const isDefinition = parent && !Array.isArray(parent) && (parent as ASTNode).kind === Kind.VARIABLE_DEFINITION
        if (!isDefinition) variables.add(node.name.value)
      },
    })
    const next: DocumentNode = visit(current, {
      FragmentDefinition: {
        leave: (node) => (spreads.has(node.name.value) && node.selectionSet.selections.length > 0 ? undefined : null),
      },
      FragmentSpread: (node) => (defined.has(node.name.value) ? undefined : null),
      OperationDefinition: { leave: (node) => (node.selectionSet.selections.length > 0 ? undefined : null) },
      VariableDefinition: (node) => (variables.has(node.variable.name.value) ? undefined : null),
      Field: { leave: (node) => (node.selectionSet?.selections.length === 0 ? null : undefined) },
      InlineFragment: { leave: (node) => (node.selectionSet.selections.length === 0 ? null : undefined) },
    })
    if (!next.definitions.some((d) => d.kind === Kind.OPERATION_DEFINITION)) return
    if (print(next) === print(current)) {
      yield print(current)
      return
    }
    current = next
  }
}

function* smallerModels(model: Model): Generator<Model> {
  for (const subgraph of model.subgraphs) if (model.subgraphs.length > 1) yield withoutSubgraph(model, subgraph)
  for (const object of model.objects)
    yield {
      ...model,
      objects: model.objects.filter((one) => one !== object),
      interfaces: membersWithout(model.interfaces, object.name),
      unions: membersWithout(model.unions, object.name),
    }
  for (const one of model.interfaces) yield { ...model, interfaces: model.interfaces.filter((i) => i !== one) }
  for (const one of model.unions) yield { ...model, unions: model.unions.filter((u) => u !== one) }
  if (model.instances > 1) yield { ...model, instances: 1 }
  for (const object of model.objects) {
    const put = (changedObject: typeof object): Model => ({
      ...model,
      objects: model.objects.map((one) => (one === object ? changedObject : one)),
    })
    for (const key of object.keys) {
      if (object.keys.length > 1) yield put({ ...object, keys: object.keys.filter((one) => one !== key) })
      for (const place of key.in)
        yield put({
          ...object,
          keys: object.keys.map((one) => (one === key ? { ...key, in: key.in.filter((p) => p !== place) } : one)),
        })
    }
    for (const fields of without(object.fields)) yield put({ ...object, fields })
    for (const field of object.fields)
      for (const simpler of simplerFields(model, field))
        yield put({ ...object, fields: object.fields.map((one) => (one === field ? simpler : one)) })
  }
  for (const kind of ['interfaces', 'unions'] as const)
    for (const one of model[kind])
      for (const [subgraph, members] of Object.entries(one.members))
        for (const kept of without(members)) {
          const { [subgraph]: _all, ...others } = one.members
          const next = { ...one, members: kept.length > 0 ? { ...others, [subgraph]: kept } : others }
          yield { ...model, [kind]: (model[kind] as { name: string }[]).map((x) => (x.name === one.name ? next : x)) }
        }
  for (const one of model.interfaces) {
    const put = (next: typeof one): Model => ({
      ...model,
      interfaces: model.interfaces.map((i) => (i === one ? next : i)),
    })
    for (const fields of without(one.fields)) yield put({ ...one, fields })
    if (!one.asObject) continue
    const { asObject } = one
    for (const fields of without(asObject.fields)) yield put({ ...one, asObject: { ...asObject, fields } })
    for (const field of asObject.fields)
      for (const simpler of simplerFields(model, field))
        yield put({
          ...one,
          asObject: { ...asObject, fields: asObject.fields.map((f) => (f === field ? simpler : f)) },
        })
  }
}

function* simplerFields(model: Model, field: FieldModel): Generator<FieldModel> {
  if (field.requires) {
    yield { ...field, requires: null }
    const [first, ...rest] = field.requires.split(' ')
    if (rest.length > 0 && !field.requires.includes('{'))
      for (const one of [first as string, rest.join(' ')]) yield { ...field, requires: one }
  }
  if (field.provides) yield { ...field, provides: null }
  if (field.overrides) yield { ...field, overrides: null }
  if (field.hidden) yield { ...field, hidden: false }
  for (const args of without(field.args)) yield { ...field, args }
  for (const arg of field.args)
    if (arg.default !== null) yield { ...field, args: field.args.map((a) => (a === arg ? { ...a, default: null } : a)) }
  if (!field.key && field.owners && field.owners.length > 1)
    for (const owner of field.owners) yield { ...field, owners: [owner] }
  if (field.type !== named(field.type)) yield { ...field, type: named(field.type) }
  if (field.type.startsWith('[') && field.type.endsWith('!')) yield { ...field, type: field.type.slice(0, -1) }
  const isComposite = model.objects.some((o) => o.name === named(field.type) || fieldsOf(model, o).length === 0)
  if (!isComposite && field.type !== 'Int' && !field.key) yield { ...field, type: 'Int' }
}

function withoutSubgraph(model: Model, subgraph: string): Model {
  const owners = (field: FieldModel): FieldModel[] => {
    const left = field.owners?.filter((one) => one !== subgraph) ?? null
    if (left?.length === 0) return []
    return [{ ...field, owners: left, overrides: field.overrides === subgraph ? null : field.overrides }]
  }
  const members = <T extends { members: Record<string, string[]> }>(list: T[]): T[] =>
    list.flatMap((one) => {
      const { [subgraph]: _gone, ...left } = one.members
      return Object.keys(left).length > 0 ? [{ ...one, members: left }] : []
    })
  return {
    ...model,
    subgraphs: model.subgraphs.filter((one) => one !== subgraph),
    objects: model.objects.map((object) => ({
      ...object,
      subgraphs: object.subgraphs.filter((one) => one !== subgraph),
      keys: object.keys
        .map((key) => ({ ...key, in: key.in.filter((place) => place.subgraph !== subgraph) }))
        .filter((key) => key.in.length > 0),
      fields: object.fields.flatMap(owners),
    })),
    interfaces: members(model.interfaces).map((one) => {
      if (!one.asObject) return one
      const subgraphs = one.asObject.subgraphs.filter((s) => s !== subgraph)
      return {
        ...one,
        asObject: subgraphs.length > 0 ? { subgraphs, fields: one.asObject.fields.flatMap(owners) } : null,
      }
    }),
    unions: members(model.unions),
  }
}

function membersWithout<T extends { members: Record<string, string[]> }>(list: T[], name: string): T[] {
  return list.map((one) => ({
    ...one,
    members: Object.fromEntries(
      Object.entries(one.members)
        .map(([subgraph, members]) => [subgraph, members.filter((member) => member !== name)] as const)
        .filter(([, members]) => members.length > 0),
    ),
  }))
}
