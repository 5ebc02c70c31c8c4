// Long because generations and what is parked beside them are one set of statements.
import type { UnappliedEvent } from '@commerce/events/unapplied.ts'
import type { PrismaClient } from '@commerce/prisma/search'
import { textForPostgres } from '../document/json.ts'
import { lockStore } from '../document/repository.ts'

/** One filling of the index. */
export interface Generation {
  id: number
  state: 'LIVE' | 'FILLING' | 'OLD' | 'REFUSED'
  startedAt: Date
  liveAt: Date | null
  asOf: Date | null
  targetSeq: bigint | null
  total: number | null
  forced: boolean
  report: string | null
  takenSeq: bigint
}

/** An event that waits for staff. */
export interface ParkedEvent {
  subject: string
  seq: bigint
  body: string
  reason: string
  tries: number
  parkedAt: Date
}

/** So many wait at most: then the oldest leaves. It is still in the stream, so a rebuild brings it back. */
export const MAX_PARKED = 1_000
/** Refused and dropped generations that are remembered, for staff to read what became of them. */
const GENERATIONS_KEPT = 20

export type ProjectionRepository = ReturnType<typeof createProjectionRepository>

export function createProjectionRepository(database: PrismaClient) {
  const inState = (state: Generation['state']) =>
    database.generation.findFirst({ where: { state } }) as Promise<Generation | null>

  return {
    find: (id: number) => database.generation.findUnique({ where: { id } }) as Promise<Generation | null>,
    live: () => inState('LIVE'),
    filling: () => inState('FILLING'),

    /** The newest one that is not live: being filled, or what became of it. */
    lastRebuild: () =>
      database.generation.findFirst({
        where: { OR: [{ state: { in: ['FILLING', 'REFUSED'] } }, { report: { not: null } }] },
        orderBy: { id: 'desc' },
      }) as Promise<Generation | null>,

    /** The newest generations that are not being filled. */
    async ended(): Promise<number[]> {
      const where = { state: { not: 'FILLING' } }
      const rows = await database.generation.findMany({ where, orderBy: { id: 'desc' }, take: 5, select: { id: true } })
      return rows.map(({ id }) => id)
    },

    /** Makes sure that a generation is live; `startAnew` is called when it is a new one, which has to hear everything from the beginning. */
    async ensureLive(startAnew: () => Promise<void>): Promise<void> {
      await database.$transaction(
        async (tx) => {
          await lockStore(tx)
          if (await tx.generation.findFirst({ where: { state: 'LIVE' } })) return
          await tx.generation.create({ data: { state: 'LIVE', liveAt: new Date() } })
          await startAnew()
        },
        { maxWait: 30_000, timeout: 60_000 },
      )
    },

    /** Begins a generation beside the live one, or answers the one that was begun already. */
    begin: (forced: boolean): Promise<Generation> =>
      database.$transaction(
        async (tx) => {
          await lockStore(tx)
          const filling = await tx.generation.findFirst({ where: { state: 'FILLING' } })
          return (filling ?? (await tx.generation.create({ data: { state: 'FILLING', forced } }))) as Generation
        },
        { maxWait: 10_000, timeout: 60_000 },
      ),

    async setTarget(id: number, targetSeq: number, total: number): Promise<void> {
      await database.generation.updateMany({ where: { id, targetSeq: null }, data: { targetSeq, total } })
    },

    /** Whether `verifier` is the one to work on a generation in this state for the next `ms`; to be asked again before they are over. */
    async claim(id: number, verifier: string, ms: number, state: 'FILLING' | 'LIVE' = 'FILLING'): Promise<boolean> {
      const claimed = await database.$executeRaw`
        update generation set verifier = ${verifier}::uuid, verifier_until = now() + ${ms} * interval '1 millisecond'
        where id = ${id} and state = ${state} and (verifier is null or verifier = ${verifier}::uuid or verifier_until < now())`
      return claimed === 1
    },

    /** Makes a filled generation the live one, when nothing else became of it. */
    swap: (id: number, report: string): Promise<boolean> =>
      database.$transaction(
        async (tx) => {
          await lockStore(tx)
          const filled = await tx.generation.findFirst({ where: { id, state: 'FILLING' } })
          if (!filled) return false
          await tx.generation.updateMany({ where: { state: 'LIVE' }, data: { state: 'OLD' } })
          await tx.generation.update({ where: { id }, data: { state: 'LIVE', liveAt: new Date(), report } })
          return true
        },
        { maxWait: 10_000, timeout: 60_000 },
      ),

    async refuse(id: number, report: string): Promise<boolean> {
      const { count } = await database.generation.updateMany({
        where: { id, state: 'FILLING' },
        data: { state: 'REFUSED', report },
      })
      return count === 1
    },

    /** Forgets generations of which nothing is left but their row, all but the newest. */
    async forgetOld(): Promise<void> {
      await database.$executeRaw`
        delete from generation where swept_at is not null and id not in
          (select id from generation where swept_at is not null order by id desc limit ${GENERATIONS_KEPT})`
    },

    /**
     * Keeps the newest event of its subject that a generation, without one the live, could not take; answers the one that had to leave for
     * it.
     */
    async park(
      { subject, seq, body, reason, tries }: UnappliedEvent,
      generation: number | null = null,
    ): Promise<{ subject: string; seq: bigint } | null> {
      await database.$executeRaw`
        insert into parked_event as known (subject, seq, body, reason, tries)
        values (${textForPostgres(subject)}, ${BigInt(seq)}, ${textForPostgres(body)}, ${textForPostgres(reason).replace(/\s+/g, ' ').trim().slice(0, 2_000)}, ${tries})
        on conflict (subject) do update set seq = excluded.seq, body = excluded.body, reason = excluded.reason,
          tries = excluded.tries, parked_at = excluded.parked_at where known.seq <= excluded.seq`
      // It is done with, as far as its generation goes.
      await database.$executeRaw`
        update generation set taken_seq = greatest(taken_seq, ${BigInt(seq)})
        where case when ${generation}::int is null then state = 'LIVE' else id = ${generation}::int end`
      const [gone] = await database.$queryRaw<{ subject: string; seq: bigint }[]>`
        delete from parked_event where subject in
          (select subject from parked_event order by parked_at desc, subject offset ${MAX_PARKED}) returning subject, seq`
      return gone ?? null
    },

    /** The oldest parked events first. */
    parked: (limit: number): Promise<ParkedEvent[]> =>
      database.parkedEvent.findMany({ orderBy: [{ parkedAt: 'asc' }, { subject: 'asc' }], take: limit }),

    parkedUnder: (subjects: readonly string[]): Promise<ParkedEvent[]> =>
      database.parkedEvent.findMany({ where: { subject: { in: [...subjects] } } }),

    parkedCount: (): Promise<number> => database.parkedEvent.count(),

    /** Forgets a parked event, unless a newer one of its subject has taken its place; whether it did. */
    async discard({ subject, seq }: Pick<ParkedEvent, 'subject' | 'seq'>): Promise<boolean> {
      const { count } = await database.parkedEvent.deleteMany({ where: { subject, seq } })
      return count > 0
    },

    /** Notes that a parked event was taken in after all, and forgets that it was parked. */
    async replayed({ subject, seq, body }: ParkedEvent): Promise<void> {
      await database.$transaction(async (tx) => {
        // Numbers are given out before commits: only one at a time are they read in order.
        await lockStore(tx)
        await tx.replayedEvent.create({ data: { body } })
        await tx.parkedEvent.deleteMany({ where: { subject, seq } })
        await tx.$executeRaw`delete from replayed_event where replayed_at < now() - interval '1 hour'`
      })
    },

    /** What was replayed after this number, oldest first. */
    replayedAfter: (id: bigint): Promise<{ id: bigint; body: string }[]> =>
      database.replayedEvent.findMany({ where: { id: { gt: id } }, orderBy: { id: 'asc' }, take: 100 }),

    async lastReplayed(): Promise<bigint> {
      const last = await database.replayedEvent.findFirst({ orderBy: { id: 'desc' }, select: { id: true } })
      return last?.id ?? 0n
    },
  }
}
