import { elementsOf, type LintRule, namedType } from './rule.ts'

const AMOUNT = /(price|amount|cost|fee|total|subtotal|tax|discount)$/i

/** An amount of money is `Money`, or a `Decimal` beside its currency, never a number. */
export const money: LintRule = {
  name: 'money',
  find: (context) =>
    elementsOf(context).flatMap(({ coordinate, type, subgraph }) => {
      const name =
        coordinate
          .split(/[.(:)]+/)
          .filter(Boolean)
          .at(-1) ?? ''
      if (!type || !AMOUNT.test(name) || !['Int', 'Float'].includes(namedType(type))) return []
      return [
        { coordinate, subgraph, message: `${coordinate} is an amount as ${namedType(type)}: it is Money or Decimal.` },
      ]
    }),
}
