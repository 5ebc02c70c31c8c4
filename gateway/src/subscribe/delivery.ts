import type { Mailbox } from './mailbox.ts'

/** Sends what waits in mailboxes, many at a time and never all at once: everything else has its turn in between. */
export interface Delivery {
  /** Something waits in a mailbox that had nothing. */
  wanted(mailbox: Mailbox): void
  /** Mailboxes whose clients cannot take more now. */
  readonly blocked: number
  stop(): void
}

/** So many clients between two turns of the event loop: some milliseconds. */
const AT_ONCE = 500
/** How often those are tried again that could not take more. */
const AGAIN_MS = 50

export function createDelivery(): Delivery {
  let due: Mailbox[] = []
  let next = 0
  let blocked: Mailbox[] = []
  let isRunning = false
  let again: NodeJS.Timeout | undefined

  function run(): void {
    for (const end = Math.min(due.length, next + AT_ONCE); next < end; next++) {
      const mailbox = due[next] as Mailbox
      if (!mailbox.flush()) blocked.push(mailbox)
    }
    isRunning = next < due.length
    if (isRunning) setImmediate(run)
    else {
      due = []
      next = 0
    }
    if (blocked.length > 0) again ??= setTimeout(tryAgain, AGAIN_MS)
  }

  function tryAgain(): void {
    again = undefined
    due.push(...blocked.splice(0))
    start()
  }

  function start(): void {
    if (isRunning) return
    isRunning = true
    setImmediate(run)
  }

  return {
    wanted(mailbox) {
      due.push(mailbox)
      start()
    },
    get blocked() {
      return blocked.length
    },
    stop() {
      clearTimeout(again)
      blocked = []
    },
  }
}
