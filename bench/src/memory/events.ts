import { randomUUID } from 'node:crypto'
import { ALIVE_EVERY_MS, aliveSubject } from '@commerce/events/alive.ts'
import { connectEvents } from '@commerce/events/connection.ts'
import { createLog } from '@commerce/service/log.ts'

const sources = ['catalog', 'inventory', 'checkout']

/** Tells changes on the stream, as the relays of the shop's subgraphs do. */
export interface Events {
  /** The event leaves at once; nobody waits for it. */
  tell(subject: string, version: number): void
  /** Resolves when all that was told is on the stream; rejects when something is not. */
  told(): Promise<void>
}

/** Connects, makes the stream, and says for every source twice a second that all its changes have left. Lives as long as the process. */
export async function startEvents(url: string): Promise<Events> {
  const { nats } = await connectEvents({ url, name: 'bench', log: createLog('bench', 'warn'), replicas: 1 })
  const stream = nats.jetstream()
  const leaving = new Set<Promise<unknown>>()
  let failure: Error | undefined
  setInterval(() => {
    if (failure) return
    for (const source of sources) nats.publish(aliveSubject(source), JSON.stringify({ at: new Date().toISOString() }))
  }, ALIVE_EVERY_MS)
  return {
    tell(subject, version) {
      const [source, ...rest] = subject.split('.')
      const key = rest.pop()
      const event = {
        specversion: '1.0',
        id: randomUUID(),
        source: `/${source}`,
        type: [source, ...rest].join('.'),
        subject: key,
        time: new Date().toISOString(),
        datacontenttype: 'application/json',
        data: { version },
      }
      const left = stream.publish(subject, JSON.stringify(event)).catch((error: Error) => {
        failure ??= error
      })
      leaving.add(left)
      void left.finally(() => leaving.delete(left))
    },
    async told() {
      await Promise.all(leaving)
      if (failure) throw new Error(`An event did not reach the stream: ${failure.message}`)
    },
  }
}
