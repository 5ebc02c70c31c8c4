import type { Resolvers } from '@commerce/service/subgraph-server.ts'
import { requireScope } from '@commerce/service/viewer.ts'
import type { CheckoutContext } from '../context.ts'
import { percentOf, READ_SCOPE, WRITE_SCOPE } from '../staff.ts'
import type { RateWish } from './service.ts'
import type { TaxRate } from './tax.ts'

/** Rates of tax in GraphQL, for staff. */
export const taxResolvers: Resolvers = {
  Query: {
    taxRates(_: unknown, { countryCode }: { countryCode: string }, { tax, viewer }: CheckoutContext) {
      requireScope(viewer, READ_SCOPE)
      return tax.rates(countryCode)
    },
  },
  Mutation: {
    async taxRatesSet(
      _: unknown,
      { input }: { input: { countryCode: string; rates: RateWish[] } },
      { tax, viewer }: CheckoutContext,
    ) {
      requireScope(viewer, WRITE_SCOPE)
      const faults = await tax.setRates(input.countryCode, input.rates)
      return { rates: await tax.rates(input.countryCode), userErrors: faults, warnings: [] }
    },
  },
  TaxRate: { percent: ({ ppm }: TaxRate) => percentOf(ppm) },
}
