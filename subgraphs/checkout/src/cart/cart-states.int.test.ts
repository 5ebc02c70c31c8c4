import { randomUUID } from 'node:crypto'
import { command } from '@commerce/events/command.ts'
import { commitStock, releaseStock, reserveStock } from '@commerce/events/commands.ts'
import type { EventData } from '@commerce/events/contracts.ts'
import { eventually } from '@commerce/local/testing.ts'
import { encodeId } from '@commerce/service/ids.ts'
import type { Viewer } from '@commerce/service/viewer.ts'
import { beforeAll, describe, expect, it } from 'vitest'
import { type Ask, createWorld, startCheckout, startProcess, type World } from '../../test/checkout.ts'
import { type ShownCart, shopper } from '../../test/shopper.ts'
import { hear } from '../../test/told.ts'

/*
 * What `cartUpdated` is fed by: the events of carts, and the field that answers their state.
 */

let world: World
let ask: Ask
let guest: ReturnType<typeof shopper>
let told: (cartId: string) => EventData<'checkout.cart.changed'>[]

beforeAll(async () => {
  world = await createWorld()
  ask = await startCheckout(world)
  told = await hear(world, 'checkout.cart.changed')
  guest = shopper(ask)
  await world.sell('cup', 550)
  await world.sell('pot', 2_000)
})

interface States {
  cartStates: { id: string; version: number; cart: Pick<ShownCart, 'id' | 'version' | 'status' | 'lines'> }[] | null
}

function states(id: string, viewer: Viewer | null = null) {
  const query =
    'query ($id: ID!) { cartStates(id: $id) { id version cart { id version status lines { sku quantity } } } }'
  return ask.answer<States>(query, { id }, viewer)
}

/** The versions and statuses that events told of a cart, once the last of them is there. */
async function toldUpTo(cartId: string, version: number): Promise<[number, string][]> {
  await eventually(`version ${version} of the cart was told`, () => told(cartId).at(-1)?.version === version)
  return told(cartId).map((data) => [data.version, data.status])
}

describe('a cart that is followed', () => {
  it('has its state, and tells of every change with the version of the cart, from its making on', async () => {
    const { cart } = await guest.create({ cup: 1 })
    const id = cart?.id ?? ''
    expect((await states(id)).data.cartStates).toEqual([
      { id, version: 1, cart: { id, version: 1, status: 'OPEN', lines: [{ sku: 'cup', quantity: 1 }] } },
    ])
    const { cart: grown } = await guest.add(id, { pot: 1 })
    const [cup, pot] = grown?.lines ?? []
    await guest.update(id, [{ id: cup?.id ?? '', quantity: 3 }])
    await guest.remove(id, [pot?.id ?? ''])
    expect((await states(id)).data.cartStates).toMatchObject([
      { id, version: 4, cart: { version: 4, lines: [{ sku: 'cup', quantity: 3 }] } },
    ])
    expect(await toldUpTo(id, 4)).toEqual([1, 2, 3, 4].map((version) => [version, 'OPEN']))
  })

  it('tells nothing when nothing changed', async () => {
    const { cart } = await guest.create({ cup: 1 })
    const id = cart?.id ?? ''
    await guest.add(id, { nowhere: 1 })
    await guest.update(id, [{ id: cart?.lines[0]?.id ?? '', quantity: 1 }])
    expect((await guest.add(id, { cup: 1 })).cart?.version).toBe(2)
    expect(await toldUpTo(id, 2)).toHaveLength(2)
  })

  it('tells that its order is being placed, that it is open again when that failed, and of the next try', async () => {
    const id = await guest.cartWith({ cup: 1 }) // in a world without an inventory
    const idempotencyKey = randomUUID()
    const failed: [number, string][] = [
      [1, 'OPEN'],
      [2, 'PLACING'],
      [3, 'OPEN'],
    ]
    expect(await guest.place(id, { idempotencyKey })).toMatchObject({ __typename: 'CheckoutUnavailable' })
    expect(await toldUpTo(id, 3)).toEqual(failed)
    expect((await states(id)).data.cartStates).toMatchObject([{ version: 3, cart: { status: 'OPEN' } }])

    const leave = await world.play('inventory', [
      command(reserveStock, async () => ({ outcome: 'reserved' as const })),
      command(releaseStock, async () => ({ state: 'released' as const })),
      command(commitStock, async () => ({ state: 'committed' as const })),
    ])
    const placed = async () => (await guest.place(id, { idempotencyKey })).__typename === 'OrderPlaced'
    await eventually('placed under the same key', placed)
    await leave()
    expect(await toldUpTo(id, 5)).toEqual([...failed, [4, 'PLACING'], [5, 'COMPLETED']])
  })

  it('is changed by another process too', async () => {
    const id = await guest.cartWith({ cup: 1 })
    const other = await startProcess('../src/main.ts', world.environment())
    await shopper(other.ask).add(id, { pot: 2 })
    expect(await toldUpTo(id, 2)).toHaveLength(2)
    expect((await states(id)).data.cartStates).toMatchObject([{ version: 2, cart: { lines: [{}, { sku: 'pot' }] } }])
  })

  it('of a signed-in viewer is answered to that viewer, and to everyone else as if there were none', async () => {
    const ann = { id: 'ann', scopes: [] }
    const id = await shopper(ask, ann).cartWith({ cup: 1 })
    expect((await states(id, ann)).data.cartStates).toMatchObject([{ version: 1 }])
    const nowhere = await states(encodeId('Cart', randomUUID()))
    expect(nowhere).toMatchObject({
      data: { cartStates: null },
      errors: [{ message: 'There is no cart with this id that you may see.', extensions: { code: 'NOT_FOUND' } }],
    })
    for (const other of [null, { id: 'bob', scopes: ['checkout:read'] }]) {
      expect(await states(id, other)).toEqual(nowhere)
    }
  })

  it.each(['nonsense', '', encodeId('Order', randomUUID()), encodeId('Cart', 'cup')])(
    'has an id of its own: %j is refused',
    async (id) => {
      expect((await states(id)).errors).toMatchObject([
        { message: expect.stringContaining('expected an id of type Cart'), extensions: { code: 'BAD_USER_INPUT' } },
      ])
    },
  )

  it('is named by its event, which keeps to itself what is in it', async () => {
    const id = await guest.cartWith({ cup: 1 })
    await toldUpTo(id, 1)
    expect(Object.keys(told(id)[0] ?? {}).sort()).toEqual(['changedAt', 'id', 'status', 'version'])
  })
})
