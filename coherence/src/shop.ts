import { type Member, type Shop as ShopOfAnySize, type ShopOptions, startShop } from '@commerce/local/shop/shop.ts'

/** Two gateways over two replicas of catalog and inventory each. */
export interface Shop extends ShopOfAnySize {
  gateways: readonly [Member, Member]
}

export const SUBGRAPHS = ['catalog', 'inventory'] as const
export type SubgraphName = (typeof SUBGRAPHS)[number]

/** What differs from run to run. */
export type OwnShopOptions = Pick<
  ShopOptions,
  'folder' | 'databases' | 'databasesMayBeLate' | 'nodeOptions' | 'whenDone'
>

/** Starts the shop, empty. Nothing kills its PostgreSQL: what that forgets then does not matter. */
export async function openShop(options: OwnShopOptions): Promise<Shop> {
  const subgraphs = { catalog: { replicas: 2 }, inventory: { replicas: 2 } }
  const shop = await startShop({ ...options, gateways: 2, subgraphs, durable: false })
  const [first, second] = shop.gateways
  return { ...shop, gateways: [first as Member, second as Member] }
}
