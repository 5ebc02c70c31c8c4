import { type Data, isData, read } from './own.ts'
import type { Types } from './types.ts'

/** How the planner says where an argument's value comes from: the path to it, where `..` is one field up, and its variable. */
export interface ContextRewrite {
  path: readonly string[]
  renameKeyTo: string
}

/** Where an entity's contextual arguments (`@fromContext`) come from; undefined when it has none. */
export interface Contexts {
  /** The variables for an object below `above` (the outermost first), as members of a JSON object. */
  variablesOf(object: Data, above: readonly Data[]): string
}

/** Objects whose contextual arguments are equal; `variables` are these, as members of a JSON object. */
export interface ContextGroup {
  variables: string
  objects: Data[]
}

interface Source {
  up: number
  steps: readonly string[]
}

const fragment = '... on '

/** Prepares a fetch's contextual arguments; of several sources of one the first whose types fit counts. */
export function compileContexts(types: Types, rewrites: readonly ContextRewrite[]): Contexts | undefined {
  if (rewrites.length === 0) return undefined
  const sources = new Map<string, Source[]>()
  for (const { path, renameKeyTo } of rewrites) {
    const up = path.lastIndexOf('..') + 1
    const source = { up, steps: path.slice(up) }
    sources.set(renameKeyTo, [...(sources.get(renameKeyTo) ?? []), source])
  }
  const names = [...sources].map(([name, from]) => ({ json: `${JSON.stringify(name)}:`, from }))
  return {
    variablesOf(object, above) {
      let text = ''
      for (const { json, from } of names) {
        for (const { up, steps } of from) {
          const start = up === 0 ? object : above[above.length - up]
          const value = start && follow(types, start, steps, 0)
          if (value === undefined) continue
          text += `${text === '' ? '' : ','}${json}${JSON.stringify(value)}`
          break
        }
      }
      return text
    },
  }
}

/** The objects at a plan's path (`@` enters a list), those of equal contextual arguments together, in the order of the answer. */
export function collectInContext(root: Data, path: readonly string[], contexts: Contexts): ContextGroup[] {
  const groups = new Map<string, ContextGroup>()
  walk(root, path, 0, [], (object, above) => {
    const variables = contexts.variablesOf(object, above)
    const group = groups.get(variables)
    if (group) group.objects.push(object)
    else groups.set(variables, { variables, objects: [object] })
  })
  return [...groups.values()]
}

/** The objects at a plan's path, each by itself: equal ones may stand in different contexts. */
export function collectEach(root: Data, path: readonly string[]): Data[] {
  const found: Data[] = []
  walk(root, path, 0, [], (object) => found.push(object))
  return found
}

function walk(
  value: unknown,
  path: readonly string[],
  index: number,
  above: Data[],
  visit: (object: Data, above: readonly Data[]) => void,
): void {
  if (Array.isArray(value)) {
    for (const element of value) walk(element, path, index, above, visit)
    return
  }
  if (!isData(value)) return
  let at = index
  while (path[at] === '@') at++
  const key = path[at]
  if (key === undefined) visit(value, above)
  else {
    above.push(value)
    walk(read(value, key), path, at + 1, above, visit)
    above.pop()
  }
}

/** Undefined when the types on the way are others. */
function follow(types: Types, value: unknown, steps: readonly string[], index: number): unknown {
  const step = steps[index]
  if (step === undefined || value === null) return value
  if (Array.isArray(value)) return value.map((element) => follow(types, element, steps, index) ?? null)
  if (!isData(value)) return undefined
  if (!step.startsWith(fragment)) return follow(types, read(value, step), steps, index + 1)
  const name = value.__typename
  if (typeof name === 'string' && !types.isA(name, step.slice(fragment.length))) return undefined
  return follow(types, value, steps, index + 1)
}
