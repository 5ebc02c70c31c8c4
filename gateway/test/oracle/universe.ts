import {
  type FieldNode,
  type GraphQLSchema,
  getArgumentValues,
  isObjectType,
  Kind,
  parse,
  type SelectionSetNode,
} from 'graphql'
import { type FieldModel, fieldsOf, type Model, named, objectOf, possibleTypes } from './model.ts'

/** What some texts end with: JSON writes the first as they are, and not the others. */
const oddities = [' é', ' 😀', ' \u2028', ' "q"', ' \\', ' \n\u0000']

/** An object of the universe: number `n` of type `t`; `representation` is what a subgraph was told about it. */
export interface Ref {
  t: string
  n: number
  representation?: Readonly<Record<string, unknown>>
}

/** What every field of every object is: a function of type, number, field and arguments. */
export interface Universe {
  model: Model
  field(type: string, name: string): FieldModel
  /** The value of a field; `required` replaces what `@requires` would read. Composite values are `Ref`s. */
  value(ref: Ref, field: FieldModel, args: Readonly<Record<string, unknown>>, required?: string): unknown
  /** The JSON of a selection such as `id owner { id }` on an object. */
  select(ref: Ref, selection: SelectionSetNode): unknown
  /** The objects of a concrete type. */
  all(type: string): Ref[]
}

/** A selection's text as a tree. */
export function selectionOf(text: string): SelectionSetNode {
  let known = selections.get(text)
  if (!known) {
    const [definition] = parse(`{ ${text} }`, { noLocation: true }).definitions
    if (definition?.kind !== Kind.OPERATION_DEFINITION) throw new Error(`Not a selection: ${text}`)
    known = definition.selectionSet
    selections.set(text, known)
  }
  return known
}
const selections = new Map<string, SelectionSetNode>()

/** What a selection finds in a representation; undefined where something is missing. */
export function selectFrom(value: unknown, selection: SelectionSetNode): unknown {
  if (Array.isArray(value)) return value.map((element) => selectFrom(element, selection))
  if (value === null || value === undefined || typeof value !== 'object') return value
  const result: Record<string, unknown> = {}
  for (const node of selection.selections) {
    if (node.kind !== Kind.FIELD) continue
    const below = (value as Record<string, unknown>)[node.name.value]
    if (below === undefined) throw new Error(`The representation lacks "${node.name.value}".`)
    result[node.name.value] = node.selectionSet ? selectFrom(below, node.selectionSet) : below
  }
  return result
}

/** Builds the universe of a model; `schema` has all its fields, hidden ones too. */
export function universeOf(model: Model, schema: GraphQLSchema): Universe {
  const fields = new Map<string, Map<string, FieldModel>>()
  for (const type of model.objects)
    fields.set(type.name, new Map(fieldsOf(model, type).map((field) => [field.name, field])))
  const enums = new Map(model.enums.map((one) => [one.name, one]))

  function field(type: string, name: string): FieldModel {
    const found = fields.get(type)?.get(name)
    if (!found) throw new Error(`The universe has no field ${type}.${name}.`)
    return found
  }

  function value(ref: Ref, one: FieldModel, args: Readonly<Record<string, unknown>>, required?: string): unknown {
    let text = `${model.salt} ${ref.t} ${ref.n} ${one.name} ${canonical(args)}`
    if (one.requires) text += ` ${required ?? JSON.stringify(select(ref, selectionOf(one.requires)))}`
    return make(one.type, hash(text), one, one.key ? ref.n : null)
  }

  function make(type: string, seed: number, one: FieldModel, unique: number | null): unknown {
    if (type.endsWith('!')) return makeSome(type.slice(0, -1), seed, one, unique)
    return unique === null && seed % 7 === 3 ? null : makeSome(type, seed, one, unique)
  }

  function makeSome(type: string, seed: number, one: FieldModel, unique: number | null): unknown {
    if (type.startsWith('[')) {
      const below = type.slice(1, -1)
      const length = unique === null ? next(seed, 'length') % 4 : 2
      return Array.from({ length }, (_, i) => make(below, next(seed, String(i)), one, unique))
    }
    switch (type) {
      case 'ID':
        return unique === null ? `id${seed % 5}` : String(unique)
      case 'String':
        return unique === null ? `s${seed % 50}${oddities[seed % 60] ?? ''}` : `${one.name}-${unique}`
      case 'Int':
        return unique === null ? (seed % 2000) - 1000 : unique * 7 + 1
      case 'Float':
        return unique === null ? ((seed % 2000) - 1000) / 8 : unique + 0.5
      case 'Boolean':
        return seed % 2 === 0
      case 'Json':
        return unique === null ? [{ any: seed % 9 }, seed % 3, 'text', [null]][seed % 4] : { n: unique }
    }
    const values = enums.get(type)
    if (values) {
      const hidden = (one.owners ?? model.subgraphs).flatMap((owner) => values.without[owner] ?? [])
      const pool = values.values.filter((name) => !hidden.includes(name))
      return pool[seed % pool.length]
    }
    const pool = possibleTypes(model, type, one.owners ?? model.subgraphs)
    // A union whose members no owner shares has no value; the generator makes such fields nullable.
    if (pool.length === 0) return null
    const t = pool[next(seed, 'type') % pool.length] as string
    const offset = objectOf(model, t)?.offset ?? 0
    return { t, n: offset + (next(seed, 'n') % model.instances) }
  }

  function select(ref: Ref, selection: SelectionSetNode): unknown {
    const result: Record<string, unknown> = {}
    for (const node of selection.selections) {
      if (node.kind !== Kind.FIELD) continue
      const one = field(ref.t, node.name.value)
      const args = argsOf(ref.t, node)
      result[node.name.value] = deep(value(ref, one, args), node.selectionSet)
    }
    return result
  }

  function argsOf(type: string, node: FieldNode): Record<string, unknown> {
    const object = schema.getType(type)
    const definition = isObjectType(object) ? object.getFields()[node.name.value] : undefined
    if (!definition) throw new Error(`The schema has no field ${type}.${node.name.value}.`)
    return getArgumentValues(definition, node)
  }

  function deep(found: unknown, selection: SelectionSetNode | undefined): unknown {
    if (!selection) return found
    if (Array.isArray(found)) return found.map((element) => deep(element, selection))
    return found === null ? null : select(found as Ref, selection)
  }

  function all(type: string): Ref[] {
    const offset = objectOf(model, type)?.offset ?? 0
    return Array.from({ length: model.instances }, (_, i) => ({ t: type, n: offset + i }))
  }

  return { model, field, value, select, all }
}

/** True when a field's type is not a composite type of the model. */
export function isLeaf(model: Model, type: string): boolean {
  const name = named(type)
  return !objectOf(model, name) && ![...model.interfaces, ...model.unions].some((one) => one.name === name)
}

/** JSON with the keys of objects in order, so that equal arguments have equal text. */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`
  if (value === null || typeof value !== 'object') return JSON.stringify(value) ?? 'absent'
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${entries.map(([key, one]) => `${JSON.stringify(key)}:${canonical(one)}`).join()}}`
}

function next(seed: number, label: string): number {
  return hash(`${seed} ${label}`)
}

/** FNV-1a with a final mix, 32 bits. */
function hash(text: string): number {
  let h = 0x811c9dc5
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193)
  h ^= h >>> 15
  h = Math.imul(h, 0x2c1b3c6d)
  return (h ^ (h >>> 13)) >>> 0
}
