import { Kind } from 'graphql'
import { elementsOf, type LintRule } from './rule.ts'

const PASCAL = /^[A-Z][A-Za-z0-9]*$/
const CAMEL = /^[a-z][A-Za-z0-9]*$/
const CAPITALS = /^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$/

/** Types are written LikeThis, fields and arguments likeThis, enum values LIKE_THIS. */
export const naming: LintRule = {
  name: 'naming',
  find: (context) =>
    elementsOf(context).flatMap(({ coordinate, kind, subgraph }) => {
      const name =
        coordinate
          .split(/[.(:)]+/)
          .filter(Boolean)
          .at(-1) ?? ''
      const isType = !coordinate.includes('.')
      const [form, example] = isType
        ? ([PASCAL, 'LikeThis'] as const)
        : kind === Kind.ENUM_VALUE_DEFINITION
          ? ([CAPITALS, 'LIKE_THIS'] as const)
          : ([CAMEL, 'likeThis'] as const)
      if (form.test(name)) return []
      return [{ coordinate, subgraph, message: `The name of ${coordinate} is not written ${example}.` }]
    }),
}
