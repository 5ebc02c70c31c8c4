import { type Shop, type ShopOptions, startShop } from '@commerce/local/shop/shop.ts'

/** What differs from run to run. */
export type OwnShopOptions = Pick<ShopOptions, 'folder' | 'databases' | 'nodeOptions' | 'whenDone'>

// Short, so that what a dead replica left is taken over, and what nobody can finish is undone, while somebody looks.
const CHECKOUT = { PAYMENT_PROVIDER: 'local', ATTEMPT_LEASE_MS: '1500', ATTEMPT_PATIENCE_MS: '8000' }

/**
 * Everything that takes part in selling: a gateway, two processes each of checkout and inventory, the catalog, and the search, because it
 * projects what the others tell. PostgreSQL keeps what it commits: it is killed.
 */
export function openShop(options: OwnShopOptions): Promise<Shop> {
  const subgraphs = {
    catalog: { replicas: 1 },
    inventory: { replicas: 2 },
    search: { replicas: 1 },
    checkout: { replicas: 2, settings: CHECKOUT },
  }
  return startShop({ ...options, gateways: 1, subgraphs, durable: 'unless machine dies', databasesMayBeLate: false })
}
