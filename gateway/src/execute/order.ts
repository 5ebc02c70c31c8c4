import type { FetchNode, QueryPlanSelectionNode } from '@apollo/query-planner'
import { type FragmentDefinitionNode, Kind, parse, type SelectionSetNode } from 'graphql'
import { renamed } from './rewrites.ts'

/** A fetch among those it comes after; `before` is changed. */
export interface Ordered {
  node: FetchNode
  /** Where its objects are in the answer. */
  path: readonly string[]
  before: ReadonlySet<Ordered>
}

/**
 * Puts fetches after those that bring what they send: where a subgraph is reached over several keys, the planner orders the
 * fetch of a required field after the fetch that requires it.
 */
export function orderByData(all: readonly Ordered[]): void {
  if (all.length < 3) return
  const written = new Map(all.map((one) => [one, writesOf(one)]))
  for (const one of all) {
    const earlier = allBefore(one)
    const missing = readsOf(one).filter((place) => ![...earlier].some((other) => written.get(other)?.has(place)))
    for (const place of missing) {
      const bringer = all.find((other) => other !== one && written.get(other)?.has(place))
      if (bringer && !earlier.has(bringer)) waitFor(one, bringer, written)
    }
  }
}

/** Makes `one` wait for `bringer`, and what leads to `bringer` no longer wait for `one`, unless it needs its data. */
function waitFor(one: Ordered, bringer: Ordered, written: ReadonlyMap<Ordered, ReadonlySet<string>>): void {
  const leading = [bringer, ...allBefore(bringer)].filter((other) => other.before.has(one))
  const own = written.get(one)
  if (leading.some((other) => readsOf(other).some((place) => own?.has(place)))) return
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
function readsOf({ node, path }: Ordered): string[] {
  const places: string[] = []
  const add = (at: string, selections: readonly QueryPlanSelectionNode[]) => {
    for (const selection of selections) {
      if (selection.kind === 'InlineFragment') add(at, selection.selections)
      else if (selection.name !== '__typename') {
        const place = `${at}/${selection.alias ?? selection.name}`
        places.push(place)
        if (selection.selections) add(place, selection.selections)
      }
    }
  }
  add(placeOf(path), node.requires ?? [])
  return places
}

/** The places of the answer that a fetch fills. */
function writesOf({ node, path }: Ordered): Set<string> {
  const document = parse(node.operation, { noLocation: true })
  const names = renamed(node.outputRewrites ?? [])
  const fragments = new Map<string, FragmentDefinitionNode>()
  for (const definition of document.definitions)
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition)
  const places = new Set<string>()
  const add = (at: string, set: SelectionSetNode | undefined) => {
    for (const selection of set?.selections ?? []) {
      if (selection.kind === Kind.INLINE_FRAGMENT) add(at, selection.selectionSet)
      else if (selection.kind === Kind.FRAGMENT_SPREAD) add(at, fragments.get(selection.name.value)?.selectionSet)
      else {
        const key = selection.alias?.value ?? selection.name.value
        const place = `${at}/${names.get(key) ?? key}`
        places.add(place)
        add(place, selection.selectionSet)
      }
    }
  }
  for (const definition of document.definitions) {
    if (definition.kind !== Kind.OPERATION_DEFINITION) continue
    if (!node.requires) add(placeOf(path), definition.selectionSet)
    else
      for (const entities of definition.selectionSet.selections)
        if (entities.kind === Kind.FIELD) add(placeOf(path), entities.selectionSet)
  }
  return places
}

function placeOf(path: readonly string[]): string {
  return path
    .filter((step) => step !== '@')
    .map((step) => `/${step}`)
    .join('')
}
