import { moneyResolvers } from '@commerce/service/money.ts'
import { CurrencyCode, DateTime, Decimal, Int64 } from '@commerce/service/scalars.ts'
import type { Resolvers } from '@commerce/service/subgraph-server.ts'
import { categoryQueries, categoryTypes } from './category/resolvers.ts'
import { importMutations, importTypes } from './import/resolvers.ts'
import { priceMutations, priceQueries, priceTypes } from './price/resolvers.ts'
import { productMutations, productQueries, productTypes } from './product/resolvers.ts'

/** The whole subgraph: each concept's queries, mutations and types, and the values they share. */
export const resolvers: Resolvers = {
  Query: { ...productQueries, ...categoryQueries, ...priceQueries },
  Mutation: { ...productMutations, ...priceMutations, ...importMutations },
  ...productTypes,
  ...categoryTypes,
  ...priceTypes,
  ...importTypes,
  Variant: { ...productTypes.Variant, ...priceTypes.Variant },
  UserError: { __resolveType: () => null },
  Money: moneyResolvers,
  CurrencyCode,
  DateTime,
  Decimal,
  Int64,
}
