import { GraphQLError } from 'graphql'
import { applied, type SupergraphTypes } from './requires-types.ts'

/** The interfaces that some subgraph knows as an object, and that no type implements. */
export function interfacesWithoutTypes({ types, implementers }: SupergraphTypes): string[] {
  return [...types].flatMap(([name, { node }]) => {
    const isObject = applied(node, 'join__type').some((directive) =>
      directive.arguments?.some(
        ({ name, value }) => name.value === 'isInterfaceObject' && value.kind === 'BooleanValue' && value.value,
      ),
    )
    return isObject && !implementers.has(name) ? [name] : []
  })
}

/** What the planner means when it cannot enter another subgraph because of such an interface; undefined for any other error. */
export function explained(error: unknown, lonely: readonly string[]): GraphQLError | undefined {
  if (lonely.length === 0 || !(error instanceof Error)) return undefined
  if (!error.message.includes('has no entities defined') && !error.message.includes('(runtimes: [])')) return undefined
  const name = lonely.find((one) => error.message.includes(`"${one}"`)) ?? lonely[0]
  const message = `What the operation asks of "${name}" needs the type of an object, and no type implements this interface.`
  return new GraphQLError(message, { extensions: { code: 'INTERFACE_WITHOUT_TYPES' } })
}
