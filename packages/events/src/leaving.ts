import { setTimeout as delay } from 'node:timers/promises'
import type { OutboxRow, Published } from './outbox-table.ts'

/** Events that leave as soon as they are committed, and are not looked for meanwhile. */
export interface Leaving {
  /** Lets rows leave for `holder`; false when too many are on their way. */
  send(rows: readonly OutboxRow[], holder: string): boolean
  /** Ids of events that are on their way, or whose rows do not say yet that they have left. */
  ids(): string[]
  /** Until all that has left is noted, or could not be. */
  noted(): Promise<void>
}

export interface LeavingOptions {
  /** Resolves to the number that the stream gave the event. */
  publish(row: OutboxRow): Promise<number>
  note(published: readonly Published[]): Promise<void>
  /** Whether what a holder acknowledged is still to be believed. */
  isTrusted(holder: string): boolean
  /** Something did not leave, or could not be noted: it is to be looked for. */
  missed(): void
}

const MOST = 1_000
/** Notes are in no hurry: a row whose note is late leaves again at worst, and the stream knows it. */
const NOTED_AFTER_MS = 25

/** Publishes rows without claiming them; what has left is noted after a moment, all at once. */
export function createLeaving({ publish, note, isTrusted, missed }: LeavingOptions): Leaving {
  const ids = new Set<string>()
  let left: (Published & { eventId: string })[] = []
  let noting: Promise<void> | undefined

  function miss(eventId: string): void {
    ids.delete(eventId)
    missed()
  }

  async function noteAll(): Promise<void> {
    while (left.length > 0) {
      await delay(NOTED_AFTER_MS)
      const done = left
      left = []
      await note(done).catch(missed)
      for (const { eventId } of done) ids.delete(eventId)
    }
    noting = undefined
  }

  return {
    send(rows, holder) {
      if (ids.size + rows.length > MOST) return false
      for (const row of rows) {
        const eventId = row.event_id
        ids.add(eventId)
        publish(row).then(
          (seq) => {
            if (!isTrusted(holder)) return miss(eventId)
            left.push({ id: row.id, holder, seq, eventId })
            noting ??= noteAll()
            return undefined
          },
          () => miss(eventId), // whoever looks for it tries again, and says why
        )
      }
      return true
    },
    ids: () => [...ids],
    noted: async () => noting,
  }
}
