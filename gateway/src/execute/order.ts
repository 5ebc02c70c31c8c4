import type { FetchNode, QueryPlanSelectionNode } from '@apollo/query-planner'
import { type FragmentDefinitionNode, Kind, parse, type SelectionSetNode } from 'graphql'
import { type Condition, conditionsOf } from './conditions.ts'
import { renamed } from './rewrites.ts'
import type { Types } from './types.ts'

/** A fetch among those it comes after; `before` is changed. */
export interface Ordered {
  node: FetchNode
  /** Where its objects are in the answer. */
  path: readonly string[]
  /** When it is left out. */
  guards: readonly Condition[]
  before: ReadonlySet<Ordered>
}

/** The places that a fetch fills, each with the sets of conditions under which it does. */
type Written = ReadonlyMap<string, readonly (readonly Condition[])[]>

/**
 * Puts fetches after those that bring what they send: where a subgraph is reached over several keys, or a required field is
 * also asked for under a condition, the planner puts the fetch of a required field after the fetch that requires it.
 */
export function orderByData(types: Types, all: readonly Ordered[]): void {
  if (all.length < 3) return
  const written = new Map(all.map((one) => [one, writesOf(one)]))
  for (const one of all) {
    const isAlways = asksAlways(one.node)
    for (const place of readsOf(one)) {
      const earlier = allBefore(one)
      const writers = all.filter((other) => other !== one && written.get(other)?.has(place))
      const early = writers.filter((other) => earlier.has(other))
      const brings = (other: Ordered) =>
        written
          .get(other)
          ?.get(place)
          ?.some((conditions) => conditions.every((c) => isAmong(one.guards, c)))
      // What it asks may all be under the conditions of what it needs.
      if (early.some(brings) || (early.length > 0 && !isAlways)) continue
      const bringer = writers.find(brings) ?? (early.length > 0 ? undefined : writers[0])
      if (bringer) waitFor(types, one, bringer, written)
    }
  }
}

function isAmong(conditions: readonly Condition[], { variable, value }: Condition): boolean {
  return conditions.some((one) => one.variable === variable && one.value === value)
}

/** Whether a fetch has something to ask whatever the variables are. */
function asksAlways({ operation }: FetchNode): boolean {
  const isSure = (set: SelectionSetNode): boolean =>
    set.selections.some((node) => {
      if (conditionsOf(node).conditions.length > 0 || node.kind === Kind.FRAGMENT_SPREAD) return false
      if (node.kind === Kind.INLINE_FRAGMENT) return isSure(node.selectionSet)
      return node.name.value === '_entities' && node.selectionSet
        ? isSure(node.selectionSet)
        : node.name.value !== '__typename'
    })
  return parse(operation, { noLocation: true }).definitions.some(
    (definition) => definition.kind === Kind.OPERATION_DEFINITION && isSure(definition.selectionSet),
  )
}

/** Makes `one` wait for `bringer`, and what leads to `bringer` no longer wait for `one`, unless it needs its data. */
function waitFor(types: Types, one: Ordered, bringer: Ordered, written: ReadonlyMap<Ordered, Written>): void {
  const leading = [bringer, ...allBefore(bringer)].filter((other) => other.before.has(one))
  const earlier = [...allBefore(one)]
  const findsTypes = one.node.requires?.some(
    (selection) => selection.kind === 'InlineFragment' && !types.isConcrete(selection.typeCondition ?? ''),
  )
  const isOwn = (place: string) => {
    if (!written.get(one)?.has(place)) return false
    return (findsTypes && place.endsWith('/__typename')) || !earlier.some((other) => written.get(other)?.has(place))
  }
  if (leading.some((other) => [...readsOf(other)].some(isOwn))) return
  for (const other of leading) {
    const before = new Set([...other.before, ...one.before])
    before.delete(one)
    other.before = before
  }
  one.before = new Set([...one.before, bringer])
}

function allBefore(one: Ordered): Set<Ordered> {
  const found = new Set<Ordered>()
  const visit = (other: Ordered) => {
    for (const earlier of other.before) {
      if (found.has(earlier)) continue
      found.add(earlier)
      visit(earlier)
    }
  }
  visit(one)
  return found
}

/** The places of the answer that a fetch's representations are made from. */
function readsOf({ node, path }: Ordered): Set<string> {
  const places = new Set<string>()
  const add = (at: string, selections: readonly QueryPlanSelectionNode[]) => {
    for (const selection of selections) {
      if (selection.kind === 'InlineFragment') add(at, selection.selections)
      else {
        const place = `${at}/${selection.alias ?? selection.name}`
        places.add(place)
        if (selection.selections) add(place, selection.selections)
      }
    }
  }
  add(placeOf(path), node.requires ?? [])
  return places
}

function writesOf({ node, path, guards }: Ordered): Written {
  const document = parse(node.operation, { noLocation: true })
  const names = renamed(node.outputRewrites ?? [])
  const fragments = new Map<string, FragmentDefinitionNode>()
  for (const definition of document.definitions)
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition)
  const places = new Map<string, (readonly Condition[])[]>()
  const add = (at: string, set: SelectionSetNode | undefined, conditions: readonly Condition[]) => {
    for (const selection of set?.selections ?? []) {
      const { conditions: more } = conditionsOf(selection)
      const all = more.length === 0 ? conditions : [...conditions, ...more]
      if (selection.kind === Kind.INLINE_FRAGMENT) add(at, selection.selectionSet, all)
      else if (selection.kind === Kind.FRAGMENT_SPREAD) {
        add(at, fragments.get(selection.name.value)?.selectionSet, all)
      } else {
        const key = selection.alias?.value ?? selection.name.value
        const place = `${at}/${names.get(key) ?? key}`
        const known = places.get(place)
        if (known) known.push(all)
        else places.set(place, [all])
        add(place, selection.selectionSet, all)
      }
    }
  }
  for (const definition of document.definitions) {
    if (definition.kind !== Kind.OPERATION_DEFINITION) continue
    if (!node.requires) add(placeOf(path), definition.selectionSet, guards)
    else
      for (const entities of definition.selectionSet.selections)
        if (entities.kind === Kind.FIELD) add(placeOf(path), entities.selectionSet, guards)
  }
  return places
}

function placeOf(path: readonly string[]): string {
  return path
    .filter((step) => step !== '@')
    .map((step) => `/${step}`)
    .join('')
}
