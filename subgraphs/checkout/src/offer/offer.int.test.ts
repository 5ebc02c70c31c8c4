import { eventually } from '@commerce/local/testing.ts'
import { beforeAll, describe, expect, it } from 'vitest'
import { type Ask, createWorld, idOf, priceChanged, product, startCheckout, type World } from '../../test/checkout.ts'
import { shopper } from '../../test/shopper.ts'

let world: World
let ask: Ask

beforeAll(async () => {
  world = await createWorld()
  ask = await startCheckout(world)
})

/** Waits until every fact published so far has been taken over: this one comes after them in the stream. */
async function settled(): Promise<void> {
  const sku = `last ${Math.random()}`
  await world.publish('catalog.price.changed', priceChanged(sku, 1, 1))
  await eventually('the last fact', () => world.database.offerPrice.findUnique({ where: { sku } }))
}

describe('offers', () => {
  it('take the newest version, in whatever order and however often versions arrive', async () => {
    for (const version of [2, 4, 3, 1, 4, 2]) {
      await world.publish('catalog.product.changed', product('shuffled', version, `Title ${version}`))
      await world.publish('catalog.price.changed', priceChanged('shuffled', version, 100 * version))
      await settled() // so that they come one by one, not as one batch
    }
    const { cart } = await shopper(ask).create({ shuffled: 1 })
    expect(cart?.lines).toMatchObject([{ sku: 'shuffled', unitPrice: { amount: '4.00' } }])
    expect(await world.database.offerProduct.findUnique({ where: { productId: idOf('shuffled') } })).toMatchObject({
      title: 'Title 4',
      version: 4,
    })
  })

  it('end when the product no longer has the variant, and an older version does not bring them back', async () => {
    await world.sell('leaving', 100)
    await world.publish('catalog.product.changed', { ...product('leaving', 5, 'Empty'), variants: [] })
    await settled()
    await world.publish('catalog.product.changed', product('leaving', 4, 'Late'))
    await settled()
    const { userErrors } = await shopper(ask).create({ leaving: 1 })
    expect(userErrors).toMatchObject([{ code: 'UNKNOWN_SKU' }])
  })

  it('survive that a SKU moves to another product, in either order of arrival', async () => {
    const to = (name: string, version: number) => ({ ...product('moving', version, name), id: idOf(`product ${name}`) })
    await world.publish('catalog.price.changed', priceChanged('moving', 1, 700))
    await world.publish('catalog.product.changed', to('first', 1))
    await world.publish('catalog.product.changed', to('second', 1))
    await world.publish('catalog.product.changed', { ...to('first', 2), variants: [] })
    await settled()
    const { cart } = await shopper(ask).create({ moving: 1 })
    expect(cart?.lines).toMatchObject([{ sku: 'moving', unitPrice: { amount: '7.00' } }])
  })
})
