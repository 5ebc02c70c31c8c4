import { isObjectType, Kind } from 'graphql'
import { elementsOf, type LintRule, namedType } from './rule.ts'

/** A list in pages is a connection: `nodes`, `edges` and `pageInfo`, asked for with `first`, `after`, `last` and `before`. */
export const connections: LintRule = {
  name: 'connections',
  find: (context) =>
    elementsOf(context).flatMap(({ coordinate, kind, type, subgraph }) => {
      if (kind === Kind.OBJECT_TYPE_DEFINITION && coordinate.endsWith('Connection')) {
        const found = context.api.getType(coordinate)
        const fields = isObjectType(found) ? Object.keys(found.getFields()) : []
        const missing = ['nodes', 'edges', 'pageInfo'].filter((name) => !fields.includes(name))
        const message = `${coordinate} is a connection without ${missing.join(', ')}.`
        return isObjectType(found) && missing.length > 0 ? [{ coordinate, subgraph, message }] : []
      }
      if (kind !== Kind.FIELD_DEFINITION || !type || !namedType(type).endsWith('Connection')) return []
      const own = context.declared.get(subgraph)
      const missing = ['first', 'after', 'last', 'before'].filter((name) => !own?.has(`${coordinate}(${name}:)`))
      const message = `${coordinate} is in pages and has no argument ${missing.join(', ')}.`
      return missing.length > 0 ? [{ coordinate, subgraph, message }] : []
    }),
}
