import { fromAmount, type Money } from '@commerce/service/money.ts'
import { GraphQLError } from 'graphql'

/** An amount of money as an argument. */
export interface MoneyInput {
  amount: string
  currencyCode: string
}

/** The money that an argument says; throws `BAD_USER_INPUT` when it has more decimals than its currency. `argument` names it. */
export function moneyFrom(argument: string, { amount, currencyCode }: MoneyInput): Money {
  const minorUnits = fromAmount(amount, currencyCode)
  if (minorUnits !== null) return { minorUnits, currencyCode }
  throw new GraphQLError(`\`${argument}\`: ${amount} is no amount of ${currencyCode}.`, {
    extensions: { code: 'BAD_USER_INPUT' },
  })
}
