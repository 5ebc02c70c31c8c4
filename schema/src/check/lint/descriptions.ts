import { type GraphQLSchema, isEnumType, isInputObjectType, isInterfaceType, isObjectType } from 'graphql'
import { elementsOf, type LintRule } from './rule.ts'

/** Everything that clients see says what it is, in one of the subgraphs that have it. */
export const descriptions: LintRule = {
  name: 'descriptions',
  find: (context) => {
    const silent = silentIn(context.api)
    return elementsOf(context).flatMap(({ coordinate, subgraph }) =>
      silent.has(coordinate) ? [{ coordinate, subgraph, message: `${coordinate} has no description.` }] : [],
    )
  },
}

function silentIn(api: GraphQLSchema): Set<string> {
  const found = new Set<string>()
  const see = (coordinate: string, { description }: { description?: string | null }) => {
    if (!description) found.add(coordinate)
  }
  for (const type of Object.values(api.getTypeMap())) {
    see(type.name, type)
    if (isEnumType(type)) for (const value of type.getValues()) see(`${type.name}.${value.name}`, value)
    if (isInputObjectType(type))
      for (const field of Object.values(type.getFields())) see(`${type.name}.${field.name}`, field)
    if (!isObjectType(type) && !isInterfaceType(type)) continue
    for (const field of Object.values(type.getFields())) {
      see(`${type.name}.${field.name}`, field)
      for (const argument of field.args) see(`${type.name}.${field.name}(${argument.name}:)`, argument)
    }
  }
  return found
}
