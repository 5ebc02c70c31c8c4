import type { Change, Criticality } from '../change.ts'
import { type Hazard, type HazardKind, hazard } from './hazard.ts'
import type { FieldOwner } from './ownership.ts'

/** Fields that another subgraph resolves now, or one fewer. */
export const moveHazards: Hazard = (before, after) => {
  const changes: Change[] = []
  for (const [coordinate, owners] of before.ownership.fields) {
    const now = after.ownership.fields.get(coordinate)
    if (!now) continue
    const left = [...owners.keys()].filter((name) => !now.has(name))
    const came = [...now.keys()].filter((name) => !owners.has(name))
    for (const subgraph of left) changes.push(hazard(after, { coordinate, ...gone(coordinate, subgraph, came, now) }))
    for (const [subgraph, owner] of now) {
      const change = labelled(coordinate, subgraph, owners.get(subgraph), owner)
      if (change) changes.push(hazard(after, { coordinate, subgraph, ...change }))
    }
  }
  return changes
}

interface Found {
  kind: HazardKind
  criticality: Criticality
  message: string
  subgraph?: string
  detail?: unknown
}

function gone(coordinate: string, from: string, came: string[], now: ReadonlyMap<string, FieldOwner>): Found {
  const overriding = [...now].find(([, { override }]) => override === from)?.[0]
  const to = overriding ?? came[0]
  const detail = [from, to]
  if (overriding) {
    const message = `${coordinate} moved from ${from} to ${overriding} with @override, for all requests at once.`
    return { kind: 'FIELD_MOVED_WITH_OVERRIDE', criticality: 'dangerous', message, subgraph: overriding, detail }
  }
  if (to !== undefined) {
    const message = `${coordinate} moved from ${from} to ${to} without @override: gateways with the supergraph before still ask ${from}. Add it to ${to} with @override(from: "${from}") first.`
    return { kind: 'FIELD_MOVED', criticality: 'breaking', message, subgraph: to, detail }
  }
  const message = `${coordinate} is no longer resolved by ${from}, only by ${[...now.keys()].join(', ')}; gateways with the supergraph before may still ask ${from}.`
  return { kind: 'FIELD_LEFT_SUBGRAPH', criticality: 'dangerous', message, subgraph: from, detail }
}

function labelled(coordinate: string, subgraph: string, old: FieldOwner | undefined, now: FieldOwner): Found | null {
  if (now.override !== null && now.label !== null && old?.override !== now.override) {
    const message = `${coordinate} is moving from ${now.override} to ${subgraph}, for the requests that "${now.label}" chooses.`
    return { kind: 'FIELD_MOVED_PROGRESSIVELY', criticality: 'safe', message, detail: now.label }
  }
  if (old && old.override !== null && old.override === now.override && old.label !== now.label) {
    const message = `The requests for which ${coordinate} is resolved by ${subgraph} changed from "${old.label ?? 'all'}" to "${now.label ?? 'all'}".`
    return { kind: 'OVERRIDE_LABEL_CHANGED', criticality: 'dangerous', message, detail: [old.label, now.label] }
  }
  return null
}
