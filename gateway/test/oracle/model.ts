import type fc from 'fast-check'

/** One universe: its types, and how they are split over subgraphs. Plain data, so that a failing one can be made smaller. */
export interface Model {
  subgraphs: string[]
  /** How many objects each type has. */
  instances: number
  /** Changes every value of the universe. */
  salt: number
  objects: ObjectModel[]
  interfaces: InterfaceModel[]
  unions: UnionModel[]
  enums: EnumModel[]
  inputs: InputModel[]
}

/** Roots, entities (with keys) and value types (the same in every subgraph that mentions them). */
export interface ObjectModel {
  name: string
  kind: 'root' | 'entity' | 'value'
  /** Where an entity may be. */
  subgraphs: string[]
  keys: KeyModel[]
  fields: FieldModel[]
  /** The number of its first object: implementers of one entity interface share one numbering. */
  offset: number
}

/** One `@key`, in the order in which subgraphs list them. */
export interface KeyModel {
  fields: string
  in: { subgraph: string; resolvable: boolean }[]
}

/** A field and who resolves it. */
export interface FieldModel {
  name: string
  /** A GraphQL type reference. */
  type: string
  args: ArgModel[]
  /** The subgraphs that resolve it; null when all do that know the type. */
  owners: string[] | null
  /** Part of a key: never null, different for every object. */
  key: boolean
  requires: string | null
  provides: string | null
  /** The subgraph that still has the field though it is overridden. */
  overrides: string | null
  /** `@inaccessible`. */
  hidden: boolean
}

/** An argument or a field of an input type; `default` is a GraphQL literal. */
export interface ArgModel {
  name: string
  type: string
  default: string | null
}

/** An interface; `members` says who implements it in which subgraph. */
export interface InterfaceModel {
  name: string
  fields: { name: string; type: string; args: ArgModel[] }[]
  members: Record<string, string[]>
  /** Set when it has a key: the subgraphs that know it as an object (`@interfaceObject`), and the fields they add. */
  asObject: { subgraphs: string[]; fields: FieldModel[] } | null
}

/** A union; `members` says who belongs to it in which subgraph. */
export interface UnionModel {
  name: string
  members: Record<string, string[]>
}

/** An enum; a subgraph that `without` names lacks those values. */
export interface EnumModel {
  name: string
  values: string[]
  without: Record<string, string[]>
}

/** An input type; `extra` are fields that only one subgraph has, so that clients cannot use them. */
export interface InputModel {
  name: string
  fields: ArgModel[]
  extra: Record<string, ArgModel[]>
}

/** The name in a type reference. */
export function named(type: string): string {
  return type.replace(/[[\]!]/g, '')
}

/** The object type called `name`, or undefined. */
export function objectOf(model: Model, name: string): ObjectModel | undefined {
  return model.objects.find((one) => one.name === name)
}

/** The interface called `name`, or undefined. */
export function interfaceOf(model: Model, name: string): InterfaceModel | undefined {
  return model.interfaces.find((one) => one.name === name)
}

/** The interfaces that the object type implements in any subgraph. */
export function interfacesOf(model: Model, name: string): InterfaceModel[] {
  return model.interfaces.filter(({ members }) => Object.values(members).some((list) => list.includes(name)))
}

/** All fields of an object type, those that interface objects add included. */
export function fieldsOf(model: Model, type: ObjectModel): FieldModel[] {
  return [...type.fields, ...interfacesOf(model, type.name).flatMap(({ asObject }) => asObject?.fields ?? [])]
}

/** The object types that a value of the named composite type may have when `owners` resolve it. */
export function possibleTypes(model: Model, name: string, owners: readonly string[]): string[] {
  const abstract = interfaceOf(model, name) ?? model.unions.find((one) => one.name === name)
  if (!abstract) return [name]
  const everyone = [...new Set(Object.values(abstract.members).flat())]
  const lists = owners
    .filter((owner) => !interfaceOf(model, name)?.asObject?.subgraphs.includes(owner))
    .map((owner) => abstract.members[owner] ?? [])
  return everyone.filter((member) => lists.every((list) => list.includes(member)))
}

/** Random choices out of fast-check's generator. */
export class Random {
  readonly #source: fc.Random
  constructor(source: fc.Random) {
    this.#source = source
  }
  /** An integer in [0, limit). */
  below(limit: number): number {
    return this.#source.nextInt(0, limit - 1)
  }
  chance(share: number): boolean {
    return this.#source.nextInt(0, 999_999) < share * 1_000_000
  }
  pick<T>(list: readonly T[]): T {
    if (list.length === 0) throw new Error('Nothing to pick from.')
    return list[this.below(list.length)] as T
  }
  some<T>(list: readonly T[], share: number): T[] {
    return list.filter(() => this.chance(share))
  }
  shuffled<T>(list: readonly T[]): T[] {
    const result = [...list]
    for (let i = result.length - 1; i > 0; i--) {
      const j = this.below(i + 1)
      ;[result[i], result[j]] = [result[j] as T, result[i] as T]
    }
    return result
  }
}
