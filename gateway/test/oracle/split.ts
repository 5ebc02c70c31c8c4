// Long because what a subgraph must declare is one fixed point over all kinds of types.
import { Kind, type SelectionSetNode } from 'graphql'
import {
  type FieldModel,
  fieldsOf,
  type InterfaceModel,
  interfaceOf,
  type KeyModel,
  type Model,
  named,
  type ObjectModel,
  objectOf,
} from './model.ts'
import { selectionOf } from './universe.ts'

/** How a subgraph has a field: it resolves it, only names it, or once resolved it. */
export type Mode = 'own' | 'external' | 'overridden'

/** An object type (or an interface object) as one subgraph declares it. */
export interface Declared {
  name: string
  fields: Map<string, { field: FieldModel; mode: Mode }>
  keys: { fields: string; resolvable: boolean }[]
  /** It is an interface elsewhere. */
  interfaceObject: boolean
}

/** What one subgraph declares. */
export interface Part {
  subgraph: string
  objects: Map<string, Declared>
  /** Interfaces and unions with their members here, interfaces also with their fields. */
  interfaces: Map<string, { fields: string[]; members: string[]; key: string | null }>
  unions: Map<string, string[]>
  enums: Set<string>
  inputs: Set<string>
}

/** Finds everything that a subgraph has to declare so that its schema is complete. */
export function partOf(model: Model, subgraph: string): Part {
  const part: Part = {
    subgraph,
    objects: new Map(),
    interfaces: new Map(),
    unions: new Map(),
    enums: new Set(),
    inputs: new Set(),
  }

  function mention(type: string): void {
    const name = named(type)
    const object = objectOf(model, name)
    if (object) declareObject(object)
    const abstract = interfaceOf(model, name)
    if (abstract) declareInterface(abstract)
    const union = model.unions.find((one) => one.name === name)
    if (union && !part.unions.has(name)) {
      const members = union.members[subgraph] ?? []
      part.unions.set(name, members)
      for (const member of members) mention(member)
    }
    if (model.enums.some((one) => one.name === name)) part.enums.add(name)
    const input = model.inputs.find((one) => one.name === name)
    if (input && !part.inputs.has(name)) {
      part.inputs.add(name)
      for (const field of [...input.fields, ...(input.extra[subgraph] ?? [])]) mention(field.type)
    }
  }

  function declareObject(object: ObjectModel): Declared {
    const known = part.objects.get(object.name)
    if (known) return known
    const declared: Declared = { name: object.name, fields: new Map(), keys: [], interfaceObject: false }
    part.objects.set(object.name, declared)
    if (object.kind === 'entity') {
      declareKeys(declared, object.keys)
      for (const key of declared.keys) ownSelection(declared, object.fields, selectionOf(key.fields))
    }
    for (const field of object.fields) {
      if (field.owners === null || (field.owners.includes(subgraph) && !field.key)) own(declared, object.fields, field)
      if (field.overrides === subgraph) declare(declared, field, 'overridden')
    }
    return declared
  }

  function declareKeys(declared: Declared, keys: readonly KeyModel[]): void {
    for (const key of keys) {
      const here = key.in.find((one) => one.subgraph === subgraph)
      if (here) declared.keys.push({ fields: key.fields, resolvable: here.resolvable })
    }
    const [first] = keys
    if (declared.keys.length === 0 && first) declared.keys.push({ fields: first.fields, resolvable: false })
  }

  function declareInterface(abstract: InterfaceModel): void {
    if (abstract.asObject?.subgraphs.includes(subgraph)) {
      if (part.objects.has(abstract.name)) return
      const keys = [{ fields: 'id', resolvable: true }]
      const declared: Declared = { name: abstract.name, fields: new Map(), keys, interfaceObject: true }
      part.objects.set(abstract.name, declared)
      const everything = fieldsOfInterface(abstract)
      ownSelection(declared, everything, selectionOf('id'))
      for (const field of abstract.asObject.fields)
        if (field.owners?.includes(subgraph)) own(declared, everything, field)
      return
    }
    if (part.interfaces.has(abstract.name)) return
    const members = abstract.members[subgraph] ?? []
    part.interfaces.set(abstract.name, { fields: [], members, key: abstract.asObject ? 'id' : null })
    for (const member of members) mention(member)
  }

  /** The fields of an interface as fields of a type: external ones and the key. */
  function fieldsOfInterface(abstract: InterfaceModel): FieldModel[] {
    const member = objectOf(model, Object.values(abstract.members).flat()[0] ?? '')
    const names = new Set(abstract.fields.map((field) => field.name))
    const common = member?.fields.filter((field) => names.has(field.name)) ?? []
    return [...common, ...(abstract.asObject?.fields ?? [])]
  }

  function ownSelection(declared: Declared, fields: readonly FieldModel[], selection: SelectionSetNode): void {
    for (const node of selection.selections) {
      const field = node.kind === Kind.FIELD ? fields.find((one) => one.name === node.name.value) : undefined
      if (!field || node.kind !== Kind.FIELD) continue
      declare(declared, field, 'own')
      const below = node.selectionSet && objectOf(model, named(field.type))
      if (below && node.selectionSet) ownSelection(declareObject(below), below.fields, node.selectionSet)
    }
  }

  function own(declared: Declared, fields: readonly FieldModel[], field: FieldModel): void {
    declare(declared, field, 'own')
    if (field.requires) external(declared, fields, selectionOf(field.requires))
    const below = field.provides ? objectOf(model, named(field.type)) : undefined
    if (below && field.provides) external(declareObject(below), below.fields, selectionOf(field.provides))
  }

  function external(declared: Declared, fields: readonly FieldModel[], selection: SelectionSetNode): void {
    for (const node of selection.selections) {
      const field = node.kind === Kind.FIELD ? fields.find((one) => one.name === node.name.value) : undefined
      if (!field || node.kind !== Kind.FIELD) continue
      const owned = field.owners === null || field.owners.includes(subgraph)
      if (!owned && !declared.fields.has(field.name)) declare(declared, field, 'external')
      const below = node.selectionSet && objectOf(model, named(field.type))
      if (below && node.selectionSet) external(declareObject(below), below.fields, node.selectionSet)
    }
  }

  function declare(declared: Declared, field: FieldModel, mode: Mode): void {
    const known = declared.fields.get(field.name)
    if (known?.mode === 'own') return
    declared.fields.set(field.name, { field, mode })
    mention(field.type)
    for (const arg of field.args) mention(arg.type)
  }

  for (const object of model.objects) {
    const here = (field: FieldModel) => field.owners?.includes(subgraph) || field.overrides === subgraph
    const keyed = object.keys.some((key) => key.in.some((one) => one.subgraph === subgraph))
    if (keyed || object.fields.some(here)) declareObject(object)
  }
  for (const abstract of model.interfaces)
    if (abstract.asObject && (abstract.asObject.subgraphs.includes(subgraph) || abstract.members[subgraph]))
      declareInterface(abstract)
  for (const [name, one] of part.interfaces) {
    const common = interfaceOf(model, name)?.fields.filter((field) =>
      one.members.every((member) => part.objects.get(member)?.fields.get(field.name)?.mode === 'own'),
    )
    one.fields = common?.map((field) => field.name) ?? []
  }
  return part
}

/** The fields of a type in the client's schema. */
export function visibleFields(model: Model, object: ObjectModel): FieldModel[] {
  return fieldsOf(model, object).filter((field) => !field.hidden)
}
