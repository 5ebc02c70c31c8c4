import type { Transact } from '@commerce/events/outbox.ts'
import type { Prisma } from '@commerce/prisma/checkout'
import type { StaffFault } from '../staff.ts'
import type { Promotion } from './promotion.ts'
import {
  countAutomatic,
  findByCode,
  findPromotion,
  findPromotions,
  insertPromotion,
  lockCode,
  lockPromotion,
  MAX_AUTOMATIC,
  type PromotionPosition,
  savePromotion,
} from './repository.ts'
import { type PromotionWish, promotionFrom } from './wish.ts'

type Tx = Prisma.TransactionClient
export type PromotionFault = StaffFault<'INVALID' | 'NOT_FOUND' | 'VERSION_CONFLICT' | 'CODE_TAKEN' | 'TOO_MANY'>

/** A promotion after a change, or as it is when there was none. */
export interface PromotionAnswer {
  promotion: Promotion | null
  faults: readonly PromotionFault[]
}

export type PromotionService = ReturnType<typeof createPromotionService>

/** Promotions, as staff set them. */
export function createPromotionService({
  database,
  transact,
  newId,
  now,
}: {
  database: Tx
  transact: Transact<Tx>
  newId(): string
  now(): Date
}) {
  return {
    /** One page of all promotions, the newest first. */
    page: (page: { limit: number; backward: boolean; position: PromotionPosition | null }) =>
      findPromotions(database, page),
    ofCode: (code: string) => findByCode(database, code),

    /** Makes a promotion (`id` undefined), or sets one anew; its uses stay. */
    async set(
      id: string | null | undefined,
      expectedVersion: number | null,
      wish: PromotionWish,
    ): Promise<PromotionAnswer> {
      const wanted = promotionFrom(wish)
      if ('faults' in wanted) return { promotion: null, faults: wanted.faults }
      return transact(async (tx): Promise<PromotionAnswer> => {
        const before = id == null ? null : await lockPromotion(tx, id)
        if (id !== undefined && before === null) return refused(null, NOT_FOUND)
        if (before && expectedVersion !== null && expectedVersion !== before.version)
          return conflict(before, expectedVersion)
        const promotion = {
          ...wanted,
          id: before?.id ?? newId(),
          uses: before?.uses ?? 0,
          version: before?.version ?? 1,
        }
        const fault = await whyNot(tx, promotion, before)
        if (fault) return refused(before, fault)
        if (before) await savePromotion(tx, promotion)
        else await insertPromotion(tx, promotion)
        return { promotion: await findPromotion(tx, promotion.id), faults: [] }
      })
    },

    /** Ends a promotion now; one that has ended stays as it is. */
    end(id: string | null, expectedVersion: number | null): Promise<PromotionAnswer> {
      return transact(async (tx): Promise<PromotionAnswer> => {
        const before = id === null ? null : await lockPromotion(tx, id)
        if (!before) return refused(null, NOT_FOUND)
        if (expectedVersion !== null && expectedVersion !== before.version) return conflict(before, expectedVersion)
        const at = now()
        if (before.endsAt !== null && before.endsAt <= at) return { promotion: before, faults: [] }
        // What has not started yet starts and ends now: never.
        await savePromotion(tx, { ...before, startsAt: before.startsAt > at ? at : before.startsAt, endsAt: at })
        return { promotion: await findPromotion(tx, before.id), faults: [] }
      })
    },
  }

  async function whyNot(tx: Tx, { code }: Promotion, before: Promotion | null): Promise<PromotionFault | null> {
    if (code === null) {
      if (before?.code === null || (await countAutomatic(tx, now())) < MAX_AUTOMATIC) return null
      const message = `At most ${MAX_AUTOMATIC} promotions without a code run at a time: end one first.`
      return { code: 'TOO_MANY', field: null, message }
    }
    await lockCode(tx, code)
    const other = await findByCode(tx, code)
    if (other === null || other.id === before?.id) return null
    return { code: 'CODE_TAKEN', field: ['code'], message: `"${other.title}" has this code.` }
  }
}

const NOT_FOUND: PromotionFault = { code: 'NOT_FOUND', field: ['id'], message: 'There is no such promotion.' }

function refused(promotion: Promotion | null, fault: PromotionFault): PromotionAnswer {
  return { promotion, faults: [fault] }
}

function conflict(promotion: Promotion, expected: number): PromotionAnswer {
  const message = `The promotion has version ${promotion.version}, not ${expected}: look at it again.`
  return refused(promotion, { code: 'VERSION_CONFLICT', field: ['expectedVersion'], message })
}
