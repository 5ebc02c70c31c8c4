import { randomUUID } from 'node:crypto'
import { type EventData, event, type NewEvent } from '@commerce/events/contracts.ts'

export type ProductData = EventData<'catalog.product.changed'>

/** The fact that a product is as given; what is left out has plain values. */
export function product(changes: Partial<ProductData> & { sku?: string } = {}): NewEvent<'catalog.product.changed'> {
  const { sku, ...rest } = changes
  const id = rest.id ?? randomUUID()
  return event('catalog.product.changed', {
    id,
    version: 1,
    slug: id,
    title: 'Thing',
    description: null,
    brand: null,
    categories: [],
    imageUrl: null,
    attributes: [],
    popularity: 0,
    variants: [{ id: randomUUID(), sku: sku ?? id, title: rest.title ?? 'Thing', options: [] }],
    createdAt: '2026-01-01T00:00:00.000Z',
    updatedAt: '2026-01-01T00:00:00.000Z',
    ...rest,
  })
}

/** The fact that a SKU costs so many minor units; null: it cannot be bought. */
export function price(sku: string, minorUnits: number | null, { version = 1, currencyCode = 'USD' } = {}): NewEvent {
  return event('catalog.price.changed', {
    sku,
    variantId: randomUUID(),
    productId: randomUUID(),
    version,
    price: minorUnits === null ? null : { minorUnits, currencyCode, compareAtMinorUnits: null },
  })
}

/** The fact that so many units of a SKU are available. */
export function stock(sku: string, available: number, version = 1): NewEvent {
  return event('inventory.stock.changed', { sku, version, locations: [], available })
}

/** The fact that an order with one of each of these was placed. */
export function order(skus: readonly string[], placedAt = new Date().toISOString()): NewEvent<'checkout.order.placed'> {
  return event('checkout.order.placed', {
    id: randomUUID(),
    version: 1,
    number: '1',
    cartId: randomUUID(),
    reservationId: randomUUID(),
    viewerId: null,
    placedAt,
    currencyCode: 'USD',
    totalMinorUnits: 100,
    lines: skus.map((sku) => ({ sku, title: sku, quantity: 1, unitMinorUnits: 100 })),
  })
}
