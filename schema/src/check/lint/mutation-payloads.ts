import { getNamedType, isNonNullType, isObjectType, isUnionType } from 'graphql'
import { elementsOf, type LintRule } from './rule.ts'

/** A mutation takes one required `input`, and returns `userErrors` or one of several outcomes. */
export const mutationPayloads: LintRule = {
  name: 'mutation-payloads',
  find: (context) =>
    elementsOf(context).flatMap(({ coordinate, subgraph }) => {
      const [root, name = ''] = coordinate.split('.')
      const field = root === 'Mutation' ? context.api.getMutationType()?.getFields()[name] : undefined
      if (!field) return []
      const [input, ...others] = field.args
      const isOne = input?.name === 'input' && isNonNullType(input.type) && others.length === 0
      const payload = getNamedType(field.type)
      const tells = isUnionType(payload) || (isObjectType(payload) && 'userErrors' in payload.getFields())
      return [
        ...(isOne
          ? []
          : [{ coordinate, subgraph, message: `${coordinate} does not take one argument "input" that is required.` }]),
        ...(tells
          ? []
          : [{ coordinate, subgraph, message: `${coordinate} returns ${payload.name}, which has no userErrors.` }]),
      ]
    }),
}
