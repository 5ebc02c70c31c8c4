import type { QueryPlan } from '@apollo/query-planner'
import { type ConstDirectiveNode, type FieldDefinitionNode, Kind, parse, print } from 'graphql'
import { type Requirements, requirementsOf } from './requires-fields.ts'
import { separatePlan } from './requires-plan.ts'
import { withStandIns } from './requires-stand-in-sdl.ts'
import { standInsOf } from './requires-stand-ins.ts'
import { applied, isSet, type SupergraphTypes, textOf, typesOfSupergraph } from './requires-types.ts'

/** How a supergraph with `@requires` is planned. */
export interface Requires {
  /** What the planner is given; clients never see it. It is the original text when no `@requires` passes arguments or needs another. */
  sdl: string
  /** The plan as it must be run: each field is told exactly what its own `@requires` asks for. */
  separate(plan: QueryPlan): QueryPlan
}

/**
 * Prepares planning where fields require others. The planner tells fields apart by their names alone, so one that is required
 * with arguments is offered to it as another field for each set of arguments; it forgets the order where a required field requires
 * others, so that one is offered in a stand-in of its subgraph; and it asks for all that the fields of one fetch need together, also
 * for those that are skipped. Undefined when nothing is required; throws when a `@requires` cannot be met.
 */
export function prepareRequires(sdl: string): Requires | undefined {
  if (!/requires\s*:\s*"/.test(sdl)) return undefined
  const document = parse(sdl, { noLocation: true })
  const supergraph = typesOfSupergraph(document)
  const requirements = requirementsOf(supergraph)
  const standIns = standInsOf(document, supergraph, requirements)
  const rewritten = () => {
    const definitions = document.definitions.map((node) => {
      if (node.kind !== Kind.OBJECT_TYPE_DEFINITION && node.kind !== Kind.INTERFACE_TYPE_DEFINITION) return node
      return {
        ...node,
        fields: node.fields?.flatMap((field) => offered(supergraph, requirements, node.name.value, field)),
      }
    })
    return print(withStandIns({ ...document, definitions }, requirements, standIns))
  }
  return {
    sdl: requirements.variants.byKey.size === 0 ? sdl : rewritten(),
    separate: (plan) => separatePlan(supergraph, requirements, standIns, plan),
  }
}

/** The field as the planner gets it, and its variants. */
function offered(
  supergraph: SupergraphTypes,
  requirements: Requirements,
  type: string,
  field: FieldDefinitionNode,
): FieldDefinitionNode[] {
  const name = field.name.value
  const directives = (field.directives ?? []).map((directive) => {
    const graph = textOf(directive, 'graph')
    const requires = graph === undefined ? undefined : requirements.requiresOf(graph, type, name)
    if (directive.name.value !== 'join__field' || requires === undefined) return directive
    return {
      ...directive,
      arguments: directive.arguments?.map((argument) =>
        argument.name.value === 'requires'
          ? { ...argument, value: { kind: Kind.STRING, value: requires } as const }
          : argument,
      ),
    }
  })
  // The planner refuses an external field that nothing requires.
  const where = (isRequired: (graph: string) => boolean, isOffered: (type: string) => boolean) =>
    directives.filter((directive) => {
      const graph = isExternal(directive) ? textOf(directive, 'graph') : undefined
      return graph === undefined || isRequired(graph) || isOfInterface(supergraph, graph, type, name, isOffered)
    })
  const variants = requirements.variants.offered(type, name).map((variant) => ({
    ...field,
    description: undefined,
    name: { kind: Kind.NAME, value: variant.key } as const,
    arguments: [],
    directives: where(
      (graph) => requirements.variants.isRead(graph, type, variant.key),
      (other) => requirements.variants.offered(other, name).includes(variant),
    ),
  }))
  const kept = where(
    (graph) => !requirements.variants.isReplaced(graph, type, name),
    () => true,
  )
  return [{ ...field, directives: kept }, ...variants]
}

function isExternal(directive: ConstDirectiveNode): boolean {
  return directive.name.value === 'join__field' && isSet(directive, 'external', true)
}

/** True when the type must have the field in the subgraph because an interface has it there. */
function isOfInterface(
  { types }: SupergraphTypes,
  graph: string,
  type: string,
  field: string,
  isOffered: (type: string) => boolean,
): boolean {
  const node = types.get(type)?.node
  return applied(node ?? {}, 'join__implements').some((directive) => {
    const name = textOf(directive, 'interface') ?? ''
    const definition = types.get(name)?.fields.get(field)
    if (textOf(directive, 'graph') !== graph || !definition || !isOffered(name)) return false
    const graphs = applied(definition, 'join__field').map((one) => textOf(one, 'graph'))
    return graphs.length === 0 || graphs.includes(graph)
  })
}
