import type { ConsumerOptions } from '@commerce/events/consumer.ts'
import type { CommerceEvent, EventData } from '@commerce/events/contracts.ts'
import type { ListedPrice, ListedProduct, ListedStock } from './offer.ts'
import type { OfferService } from './service.ts'

/** Follows the catalog's products and prices into the offers. */
export function offerConsumer(offers: OfferService): Omit<ConsumerOptions, 'connection'> {
  return {
    name: 'checkout-offers',
    subjects: ['catalog.product.changed.*', 'catalog.price.changed.*'],
    handle: (events) => offers.take(productsOf(events), pricesOf(events)),
  }
}

/** Follows the inventory's stock into the offers: a consumer of its own, because one that exists does not start over for a new subject. */
export function stockConsumer(offers: OfferService): Omit<ConsumerOptions, 'connection'> {
  return {
    name: 'checkout-stock',
    subjects: ['inventory.stock.changed.*'],
    handle: (events) => offers.takeStock(events.map(stockOf)),
  }
}

function stockOf({ data }: CommerceEvent): ListedStock {
  const { sku, version, available, backorderable = 0 } = data as EventData<'inventory.stock.changed'>
  return { sku, version, available: available + backorderable }
}

function productsOf(events: readonly CommerceEvent[]): ListedProduct[] {
  return events.flatMap(({ type, data }) =>
    type === 'catalog.product.changed' ? [data as EventData<'catalog.product.changed'>] : [],
  )
}

function pricesOf(events: readonly CommerceEvent[]): ListedPrice[] {
  return events.flatMap(({ type, data }) =>
    type === 'catalog.price.changed' ? [priceOf(data as EventData<'catalog.price.changed'>)] : [],
  )
}

function priceOf({ sku, version, price }: EventData<'catalog.price.changed'>): ListedPrice {
  return {
    sku,
    version,
    price: price && { minorUnits: BigInt(price.minorUnits), currencyCode: price.currencyCode },
  }
}
