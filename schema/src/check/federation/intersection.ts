import { type GraphQLSchema, Kind } from 'graphql'
import type { Change } from '../change.ts'
import { stepsOf } from '../places.ts'
import { type Declared, declaredBy } from './declared.ts'
import { type Hazard, hazard, type Side } from './hazard.ts'

/** What is in the graph only as long as every subgraph that has its type, field or directive says it. */
export const intersectionHazards: Hazard = (before, after) => {
  const declared = new Map(after.graph.subgraphs.map((one) => [one.name, declaredBy(one)]))
  const coordinates = new Set([...declared.values()].flatMap((one) => [...one.keys()]))
  return [...coordinates].flatMap((coordinate) => [
    ...lost(before, after, coordinate, declared),
    ...omitted(before, after, coordinate, declared),
  ])
}

type Declarations = ReadonlyMap<string, ReadonlyMap<string, Declared>>

function lost(before: Side, after: Side, coordinate: string, declared: Declarations): Change[] {
  if (!isIn(before.graph.api, coordinate) || isIn(after.graph.api, coordinate)) return []
  // Still in the supergraph, but hidden: that is told as such. And fields of objects are never intersected.
  if (after.ownership.applied.has(coordinate) || isObjectField(coordinate, declared)) return []
  const owner = ownerOf(coordinate)
  const missing = [...declared].filter(([, one]) => one.has(owner) && !one.has(coordinate)).map(([name]) => name)
  const isExecutable = coordinate.startsWith('@')
  const silent = isExecutable ? [...declared].filter(([, one]) => !one.has(coordinate)).map(([name]) => name) : missing
  if (silent.length === 0) return []
  const kept = [...declared].filter(([, one]) => one.has(coordinate)).map(([name]) => name)
  const kind = isExecutable ? 'DIRECTIVE_LOST_BY_INTERSECTION' : 'INPUT_LOST_BY_INTERSECTION'
  const message = `${coordinate} is no longer in the graph, although ${kept.join(', ')} has it: ${silent.join(', ')} does not, and only what all of them have is offered.`
  return [hazard(after, { kind, criticality: 'breaking', coordinate, message, subgraph: silent[0] })]
}

function isObjectField(coordinate: string, declared: Declarations): boolean {
  return [...declared.values()].some((one) => one.get(coordinate)?.kind === Kind.FIELD_DEFINITION)
}

/** A directive that one subgraph took away while another still says it: what the graph says is no longer what each does. */
function omitted(before: Side, after: Side, coordinate: string, declared: Declarations): Change[] {
  const having = [...declared].filter(([, one]) => one.has(coordinate))
  if (having.length < 2) return []
  return having.flatMap(([subgraph, one]) => {
    const old = before.graph.subgraphs.find(({ name }) => name === subgraph)
    const was = old ? namesOf(declaredBy(old).get(coordinate)) : []
    const now = namesOf(one.get(coordinate))
    return [...new Set(was)]
      .filter((name) => !now.includes(name) && !perSubgraph.has(name))
      .flatMap((name) => {
        const others = having
          .filter(([, other]) => namesOf(other.get(coordinate)).includes(name))
          .map(([other]) => other)
        if (others.length === 0) return []
        const message = `${subgraph} no longer has @${name} on ${coordinate}, ${others.join(', ')} still does: the graph keeps it.`
        const found = { kind: 'DIRECTIVE_OMITTED', criticality: 'dangerous', coordinate, message, subgraph } as const
        return [hazard(after, { ...found, detail: name })]
      })
  })
}

/** Directives that are about one subgraph alone: another hazard tells of them where they matter. */
const perSubgraph = new Set(['key', 'shareable', 'external', 'requires', 'provides', 'override', 'extends'])

function namesOf(declared: Declared | undefined): string[] {
  return declared?.directives.map(({ name }) => name.value) ?? []
}

function ownerOf(coordinate: string): string {
  return coordinate.includes('(') ? coordinate.slice(0, coordinate.indexOf('(')) : (coordinate.split('.')[0] ?? '')
}

function isIn(api: GraphQLSchema, coordinate: string): boolean {
  const [first = '', second, third] = stepsOf(coordinate)
  if (first.startsWith('@')) return api.getDirective(first.slice(1)) != null
  const type = api.getType(first)
  if (!type || second === undefined) return type !== undefined
  if ('getValues' in type) return type.getValues().some(({ name }) => name === second)
  const field = 'getFields' in type ? type.getFields()[second] : undefined
  if (!field || third === undefined) return field !== undefined
  return 'args' in field && field.args.some(({ name }) => name === third)
}
