import type { Resolvers } from '@commerce/service/subgraph-server.ts'
import { requireScope } from '@commerce/service/viewer.ts'
import type { CheckoutContext } from '../context.ts'
import { WRITE_SCOPE } from '../staff.ts'
import type { Terms } from './terms.ts'

type TermsInput = Terms & { sku: string }

/** The terms of SKUs in GraphQL, for staff. */
export const offerResolvers: Resolvers = {
  Mutation: {
    async skuTermsSet(
      _: unknown,
      { input }: { input: { terms: (Omit<TermsInput, 'maxQuantity'> & { maxQuantity?: number | null })[] } },
      { offers, viewer }: CheckoutContext,
    ) {
      requireScope(viewer, WRITE_SCOPE)
      const terms = input.terms.map((each) => ({ ...each, maxQuantity: each.maxQuantity ?? null }))
      const faults = await offers.setTerms(terms)
      return { terms: faults.length > 0 ? null : terms, userErrors: faults, warnings: [] }
    },
  },
}
