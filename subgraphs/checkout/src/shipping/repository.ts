import type { Prisma, ShippingZone as Row } from '@commerce/prisma/checkout'
import type { ShippingZone } from './shipping.ts'

type Tx = Prisma.TransactionClient

/** All zones, by their code. */
export async function findZones(db: Tx): Promise<ShippingZone[]> {
  return (await db.shippingZone.findMany({ orderBy: { code: 'asc' } })).map(toZone)
}

export async function hasZones(db: Tx): Promise<boolean> {
  return (await db.shippingZone.findFirst({ select: { code: true } })) !== null
}

/** Stores a zone, or stores it anew. */
export async function saveZone(tx: Tx, { code, title, places, rates }: ShippingZone): Promise<void> {
  const stored = {
    title,
    places: places.map(({ countryCode, regions }) => ({ countryCode, regions: [...regions] })),
    rates: rates.map(({ minorUnits, goodsFrom, goodsBelow, ...rate }) => ({
      ...rate,
      minorUnits: String(minorUnits),
      goodsFrom: goodsFrom === null ? null : String(goodsFrom),
      goodsBelow: goodsBelow === null ? null : String(goodsBelow),
    })),
  }
  await tx.shippingZone.upsert({
    where: { code },
    create: { code, ...stored },
    update: { ...stored, updatedAt: new Date() },
  })
}

/** Removes a zone; false: there was none. */
export async function deleteZone(tx: Tx, code: string): Promise<boolean> {
  return (await tx.shippingZone.deleteMany({ where: { code } })).count === 1
}

// JSON has no bigint: amounts are stored as strings.
type StoredRate = { [part in keyof ShippingZone['rates'][number]]: unknown } & {
  minorUnits: string
  goodsFrom: string | null
  goodsBelow: string | null
}

function toZone({ code, title, places, rates }: Row): ShippingZone {
  return {
    code,
    title,
    places: places as unknown as ShippingZone['places'],
    rates: (rates as unknown as StoredRate[]).map(
      (rate) =>
        ({
          ...rate,
          minorUnits: BigInt(rate.minorUnits),
          goodsFrom: rate.goodsFrom === null ? null : BigInt(rate.goodsFrom),
          goodsBelow: rate.goodsBelow === null ? null : BigInt(rate.goodsBelow),
        }) as ShippingZone['rates'][number],
    ),
  }
}
