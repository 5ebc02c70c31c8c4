import { type DocumentNode, Kind, parse, type SelectionSetNode } from 'graphql'
import { type Clause, type Declared, type DeclaredType, readDeclared } from './authorization-declared.ts'

/** What the viewer must fulfil, all of it, to read parts of a supergraph. */
export interface AccessRules {
  /** To read a field of an object of this type, whatever the field is selected through. */
  field(type: string, field: string): readonly Clause[]
  /** To be given a value of this type: for an interface or union, what all the types that it may stand for demand. */
  type(name: string): readonly Clause[]
}

/**
 * Reads `@authenticated`, `@requiresScopes` and `@policy` in a supergraph, also under the names that its `@link` gives them, as
 * https://specs.apollo.dev/authenticated and its neighbours define them; undefined when nothing is protected. Throws when one
 * of them has arguments that cannot be read.
 */
export function accessRulesOf(supergraph: DocumentNode): AccessRules | undefined {
  const declared = readDeclared(supergraph)
  if (!declared) return undefined
  const inherited = inheritedFrom(declared)
  const ofObject = remembered((name: string) => {
    const type = declared.types.get(name)
    return type ? unique([...type.clauses, ...inherited(type)]) : []
  })
  const ofType = remembered((name: string): readonly Clause[] => {
    const possible = declared.objectsOf(name)
    if (possible.length === 0) return declared.types.get(name)?.clauses ?? []
    const [first = [], ...others] = possible.map(ofObject)
    return first.filter((clause) => others.every((clauses) => clauses.includes(clause)))
  })
  const ownOf = (type: DeclaredType, name: string) => {
    const field = type.fields.get(name)
    return field ? [...ofObject(type.name), ...field.clauses, ...inherited(type, name), ...ofType(field.type)] : []
  }

  /** Also what the field's resolver is given: a field must not tell what its own inputs may not. */
  const ofField = remembered((coordinate: string) => {
    const found: Clause[] = []
    const seen = new Set<string>()
    const visit = (type: DeclaredType, name: string) => {
      if (seen.has(`${type.name}.${name}`)) return
      seen.add(`${type.name}.${name}`)
      found.push(...ownOf(type, name))
      for (const one of [type, ...type.interfaces.flatMap((parent) => declared.types.get(parent) ?? [])]) {
        const field = one.fields.get(name)
        for (const requires of field?.requires ?? []) read(type.name, selectionSet(requires))
        for (const { context, selection } of field?.contexts ?? []) {
          for (const holder of declared.contexts.get(context) ?? []) {
            for (const object of declared.objectsOf(holder)) found.push(...ofObject(object))
            read(holder, selectionSet(selection))
          }
        }
      }
    }
    const read = (on: string, set: SelectionSetNode) => {
      for (const node of set.selections) {
        if (node.kind === Kind.INLINE_FRAGMENT) {
          const condition = node.typeCondition?.name.value ?? on
          const within = new Set(declared.objectsOf(condition))
          for (const object of declared.objectsOf(on)) if (within.has(object)) read(object, node.selectionSet)
        } else if (node.kind === Kind.FIELD) {
          for (const object of declared.objectsOf(on)) {
            const type = declared.types.get(object) as DeclaredType
            visit(type, node.name.value)
            const next = type.fields.get(node.name.value)?.type
            if (node.selectionSet && next) read(next, node.selectionSet)
          }
        }
      }
    }
    const [type = '', name = ''] = coordinate.split('.')
    const object = declared.types.get(type)
    if (object) visit(object, name)
    return unique(found)
  })
  return { type: ofType, field: (type, field) => ofField(`${type}.${field}`) }
}

/**
 * The clauses that an object type, or its field, has from its interfaces. Composition writes on an interface what its objects
 * demand together: that is theirs already, and one object must not get it from another. Anything beyond was written there by
 * hand (compositions before 2.9.4 allow it), and who goes round the interface with a fragment must not go round it.
 */
function inheritedFrom(declared: Declared): (type: DeclaredType, field?: string) => Clause[] {
  const byHand = remembered((coordinate: string) => {
    const [name = '', field] = coordinate.split('.')
    const clausesOf = (type: DeclaredType | undefined) =>
      (field === undefined ? type?.clauses : type?.fields.get(field)?.clauses) ?? []
    const objects = declared.objectsOf(name).flatMap((object) => clausesOf(declared.types.get(object)))
    return clausesOf(declared.types.get(name)).filter((clause) => !follows(clause, objects))
  })
  return (type, field) => type.interfaces.flatMap((name) => byHand(field === undefined ? name : `${name}.${field}`))
}

/** Whether whoever fulfils all of `clauses` fulfils `clause`. */
function follows(clause: Clause, clauses: readonly Clause[]): boolean {
  if (clause.kind === 'authenticated') return clauses.includes(clause)
  const same = clauses.flatMap((one) => (one.kind === clause.kind ? [one.any.map((all) => [...all])] : []))
  if (same.length === 0) return false
  return allOf(same).every((held) => clause.any.some((all) => all.every((name) => held.includes(name))))
}

/** The ways to fulfil every one of some demands, each a choice between lists of names. */
function allOf(demands: readonly (readonly (readonly string[])[])[]): string[][] {
  return demands.reduce<string[][]>((ways, any) => ways.flatMap((way) => any.map((all) => [...way, ...all])), [[]])
}

/** A field set of a supergraph, with or without its braces. */
function selectionSet(text: string): SelectionSetNode {
  const [operation] = parse(text.trim().startsWith('{') ? text : `{${text}}`, { noLocation: true }).definitions
  if (operation?.kind !== Kind.OPERATION_DEFINITION) throw new Error(`Expected a selection of fields, found "${text}".`)
  return operation.selectionSet
}

function remembered<T>(work: (key: string) => T): (key: string) => T {
  const known = new Map<string, T>()
  return (key) => {
    let value = known.get(key)
    if (value === undefined) {
      value = work(key)
      known.set(key, value)
    }
    return value
  }
}

function unique<T>(values: readonly T[]): T[] {
  return [...new Set(values)]
}
