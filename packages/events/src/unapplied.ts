import type { JsMsg } from 'nats'
import type { EventConnection } from './connection.ts'
import { NotNow } from './not-now.ts'

/** An event that a consumer could not take. */
export interface UnappliedEvent {
  subject: string
  /** Its number in the stream. */
  seq: number
  /** As it arrived. */
  body: string
  /** A sentence. */
  reason: string
  /** How often it was tried. */
  tries: number
}

interface UnappliedOptions {
  /** The consumer. */
  name: string
  park: ((event: UnappliedEvent) => Promise<void>) | undefined
  retryDelaysMs: readonly number[] | undefined
  log: EventConnection['log']
  /** From now on the message may come again. */
  letGo(message: JsMsg): void
}

const RETRY_DELAYS_MS = [100, 1_000, 5_000, 30_000]

/** What becomes of events that a durable consumer could not apply: they come again later, are parked, or are set aside for good. */
export function createUnapplied({ name, park, retryDelaysMs = RETRY_DELAYS_MS, log, letGo }: UnappliedOptions) {
  async function broken(message: JsMsg, error: unknown): Promise<void> {
    const { subject, seq } = message
    log.error({ err: error, subject, seq }, 'an event breaks its contract and is set aside')
    if (park) await setAside(message, error)
    else done(message)
  }

  async function failed(message: JsMsg, error: unknown): Promise<void> {
    const isLast = message.info.deliveryCount > retryDelaysMs.length
    if (error instanceof NotNow) notNow([{ message }], error)
    else if (park && isLast) await setAside(message, error)
    else later(message, error)
  }

  function notNow(taken: readonly { message: JsMsg }[], error: NotNow): void {
    log.warn({ err: error, consumer: name, events: taken.length }, 'events cannot be applied now; they come again')
    for (const { message } of taken) giveBack(message)
  }

  async function setAside(message: JsMsg, error: unknown): Promise<void> {
    const { subject, seq } = message
    const reason = (error as Error).message
    try {
      await park?.({ subject, seq, body: message.string(), reason, tries: message.info.deliveryCount })
      done(message)
    } catch (parking) {
      later(message, parking)
    }
  }

  function done(message: JsMsg): void {
    letGo(message)
    message.term()
  }

  function later(message: JsMsg, error: unknown): void {
    const { deliveryCount: tries } = message.info
    log.error({ err: error, subject: message.subject, tries }, 'an event could not be applied; it comes again')
    giveBack(message)
  }

  function giveBack(message: JsMsg): void {
    letGo(message)
    message.nak(retryDelaysMs[Math.min(message.info.deliveryCount, retryDelaysMs.length) - 1])
  }

  return { broken, failed, notNow }
}
