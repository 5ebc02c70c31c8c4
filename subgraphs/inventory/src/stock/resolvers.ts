import { isSku } from '@commerce/service/sku.ts'
import type { Resolvers } from '@commerce/service/subgraph-server.ts'
import { hasScope, requireScope } from '@commerce/service/viewer.ts'
import { GraphQLError } from 'graphql'
import type { InventoryContext } from '../context.ts'
import type { Location } from '../location/location.ts'
import type { BulkCount } from './bulk.ts'
import type { Adjustment, Count, Transfer } from './change.ts'
import { DEFAULT_THRESHOLD } from './facts.ts'
import {
  availabilityOf,
  availableAt,
  availableOf,
  backorderableOf,
  backorderedAt,
  backorderedOf,
  DENY,
  neverStocked,
  type Stock,
  type StockLevel,
  type StockPolicy,
} from './stock.ts'

const MAX_SKUS = 200

type Input<T> = { input: T & { idempotencyKey: string } }

/** GraphQL's view of stock. */
export const stockResolvers: Resolvers = {
  Query: {
    async availabilities(_: unknown, { skus }: { skus: string[] }, context: InventoryContext) {
      if (skus.length > MAX_SKUS) {
        throw new GraphQLError(`At most ${MAX_SKUS} SKUs can be asked for at once, ${skus.length} were.`, {
          extensions: { code: 'BAD_USER_INPUT' },
        })
      }
      return Promise.all([...new Set(skus)].map((sku) => stockOf(sku, context)))
    },
    stock(_: unknown, { sku }: { sku: string }, context: InventoryContext) {
      requireScope(context.viewer, 'inventory:read')
      return find(sku, context)
    },
  },
  Mutation: {
    stockSet(_: unknown, { input }: Input<Count>, { viewer, stockService }: InventoryContext) {
      requireScope(viewer, 'inventory:write')
      return stockService.set(input)
    },
    stockAdjust(_: unknown, { input }: Input<Adjustment>, { viewer, stockService }: InventoryContext) {
      requireScope(viewer, 'inventory:write')
      return stockService.adjust(input)
    },
    stockTransfer(_: unknown, { input }: Input<Transfer>, { viewer, stockService }: InventoryContext) {
      requireScope(viewer, 'inventory:write')
      return stockService.transfer(input)
    },
    stockBulkSet(_: unknown, { input }: Input<BulkCount>, { viewer, stockService }: InventoryContext) {
      requireScope(viewer, 'inventory:write')
      return stockService.bulkSet(input)
    },
  },
  Variant: {
    __resolveReference: ({ sku }: { sku: string }) => ({ sku }),
    availability: async ({ sku }: { sku: string }, _: unknown, context: InventoryContext) =>
      availabilityOf(await stockOf(sku, context), seesAll(context)),
  },
  AvailabilityChanged: {
    availability: (stock: Stock, _: unknown, context: InventoryContext) => availabilityOf(stock, seesAll(context)),
    variant: ({ sku }: Stock) => ({ sku }),
  },
  // An answer that was remembered before there were policies has none.
  Stock: {
    available: availableOf,
    backordered: backorderedOf,
    backorderable: (stock: Stock) => backorderableOf({ ...stock, policy: stock.policy ?? DENY }),
    policy: ({ policy }: Stock) => policy ?? DENY,
    lowStockThreshold: ({ lowStockThreshold }: Stock) => lowStockThreshold ?? DEFAULT_THRESHOLD,
    locations: ({ levels }: Stock) => levels,
    variant: ({ sku }: Stock) => ({ sku }),
  },
  StockPolicy: {
    location: ({ location }: StockPolicy, _: unknown, context: InventoryContext) =>
      location === null ? null : locationOf({ location: { code: location } }, _, context),
  },
  StockLevel: {
    location: locationOf,
    available: (level: StockLevel) => availableAt(level),
    backordered: (level: StockLevel) => backorderedAt(level),
  },
  StockMovement: { location: locationOf },
  StockDifference: {
    location: (difference: { location: { code: string } | null }, _: unknown, context: InventoryContext) =>
      difference.location && locationOf({ location: difference.location }, _, context),
  },
}

// Locations are never deleted.
async function locationOf(
  { location: { code } }: { location: { code: string } },
  _: unknown,
  { locations }: InventoryContext,
): Promise<Location> {
  const location = await locations.load(code)
  if (!location) throw new Error(`The location "${code}" is gone.`)
  return location
}

// What cannot be a SKU never had stock and never will: it depends on nothing, and gets no place in the cache, where it would push out what is
// asked for. All else that is read here are stocks and locations, of which their loaders say that they can change.
async function find(sku: string, { stocks }: InventoryContext): Promise<Stock | null> {
  return isSku(sku) ? stocks.load(sku) : null
}

async function stockOf(sku: string, context: InventoryContext): Promise<Stock> {
  return (await find(sku, context)) ?? neverStocked(sku)
}

function seesAll({ viewer }: InventoryContext): boolean {
  return hasScope(viewer, 'inventory:read')
}
