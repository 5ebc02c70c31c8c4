import type { QueryPlanSelectionNode } from '@apollo/query-planner'
import { merge } from './merge.ts'
import { type Data, isData, read, write } from './own.ts'
import type { Types } from './types.ts'

/** What a fetch sends to `_entities`: each distinct representation once, as JSON, and the objects that wait for its answer. */
export interface Batch {
  representations: string[]
  /** `targets[n]` holds the indexes into the list of objects that representation `n` stands for. */
  targets: number[][]
}

/** Builds the representations of `objects` by the plan's `requires`, equal ones only once; objects that lack a key are left out. */
export function batch(
  types: Types,
  objects: readonly Data[],
  requires: readonly QueryPlanSelectionNode[],
  prepare: (representation: Data) => void,
): Batch {
  const representations: string[] = []
  const targets: number[][] = []
  const seen = new Map<string, number>()
  objects.forEach((object, index) => {
    const representation = select(types, object, requires)
    if (!isData(representation) || typeof representation.__typename !== 'string') return
    prepare(representation)
    // The selection fixes the order of keys, so equal values have equal text.
    const text = JSON.stringify(representation)
    const known = seen.get(text)
    if (known !== undefined) targets[known]?.push(index)
    else {
      seen.set(text, representations.length)
      representations.push(text)
      targets.push([index])
    }
  })
  return { representations, targets }
}

/** Null when a required field was never fetched: then there is no representation. */
function select(types: Types, source: unknown, selections: readonly QueryPlanSelectionNode[]): unknown {
  if (Array.isArray(source)) return source.map((element) => select(types, element, selections))
  if (!isData(source)) return null
  const result: Data = {}
  for (const selection of selections) {
    if (selection.kind === 'Field') {
      const key = selection.alias ?? selection.name
      const value = read(source, key)
      if (value === undefined) return null
      write(result, key, selection.selections && value !== null ? select(types, value, selection.selections) : value)
    } else if (selection.typeCondition === undefined || isObjectOf(types, source, selection.typeCondition)) {
      const part = select(types, source, selection.selections)
      if (isData(part)) merge(result, part)
    }
  }
  return result
}

function isObjectOf(types: Types, source: Data, condition: string): boolean {
  return typeof source.__typename === 'string' && types.isA(source.__typename, condition)
}
