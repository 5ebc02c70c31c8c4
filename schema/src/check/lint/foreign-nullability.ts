import { Kind } from 'graphql'
import { argumentsOf } from '../federation/ownership.ts'
import { elementsOf, innermost, type LintContext, type LintRule, namedType } from './rule.ts'

/** What another subgraph owns is nullable: one subgraph down is a null and an error, not an error page. */
export const foreignNullability: LintRule = {
  name: 'foreign-nullability',
  find: (context) =>
    elementsOf(context).flatMap(({ coordinate, kind, type, subgraph }) => {
      if (kind !== Kind.FIELD_DEFINITION || !type || innermost(type).kind !== Kind.NON_NULL_TYPE) return []
      const target = namedType(type)
      if (!isStub(context, subgraph, target)) return []
      const message = `${coordinate} leads to ${target}, which another subgraph owns, and is not nullable.`
      return [{ coordinate, subgraph, message }]
    }),
}

/** Whether the subgraph only refers to the type: all its keys are there and none is resolvable. */
function isStub({ declared }: LintContext, subgraph: string, type: string): boolean {
  const keys =
    declared
      .get(subgraph)
      ?.get(type)
      ?.directives.filter(({ name }) => name.value === 'key') ?? []
  return keys.length > 0 && keys.every((key) => argumentsOf(key).resolvable === false)
}
