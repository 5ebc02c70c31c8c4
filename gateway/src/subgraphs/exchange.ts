import type { Dispatcher } from 'undici'
import type { Call, CallReport, Reply } from './call.ts'
import { type Cause, type Cut, CutShort, type Step } from './cut.ts'

// Leaves a byte order mark out, which a reader of JSON may ignore (RFC 8259, 8.1).
const decoder = new TextDecoder()

/** Tells a subgraph how many milliseconds are left until nobody wants its answer any more. */
export const timeoutHeader = 'x-request-timeout-ms'

/** Where a request goes, and how many bytes of an answer are read. */
export interface Target {
  dispatcher: Dispatcher
  path: string
  maxAnswerBytes: number
}

/**
 * One HTTP request and its answer, whatever the status. Rejects with what broke the connection, or with a `CutShort`; the
 * connection of a request that was cut short is closed, so that the subgraph notices.
 */
export function exchange(target: Target, body: string, call: Call, cut: Cut, report: CallReport): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const handler = new Exchange(target.maxAnswerBytes, report, resolve, reject)
    if (cut.cause) return handler.cut(cut.cause)
    cut.step = handler
    target.dispatcher.dispatch({ path: target.path, method: 'POST', headers: headersOf(call, cut), body }, handler)
  })
}

function headersOf(call: Call, cut: Cut): string[] {
  // Within a data centre, compressing costs more time than it saves.
  const list = ['accept-encoding', 'identity', timeoutHeader, String(Math.max(1, Math.floor(cut.remainingMs())))]
  for (const name in call.headers) list.push(name, call.headers[name] as string)
  return list
}

/** Collects one answer. The lower of undici's two interfaces: no stream, no events, no controller for each request. */
class Exchange implements Dispatcher.DispatchHandler, Step {
  readonly #max: number
  readonly #report: CallReport
  readonly #resolve: (reply: Reply) => void
  readonly #reject: (error: unknown) => void
  readonly #reply: Reply = { status: 0, text: null, unreadable: null, contentType: null, retryAfter: null }
  readonly #begun = performance.now()
  #controller: Dispatcher.DispatchController | undefined
  #settled = false
  #size = 0
  #first: Buffer | undefined
  #chunks: Buffer[] | undefined

  constructor(max: number, report: CallReport, resolve: (reply: Reply) => void, reject: (error: unknown) => void) {
    this.#max = max
    this.#report = report
    this.#resolve = resolve
    this.#reject = reject
  }

  cut(cause: Cause): void {
    const error = new CutShort(cause, performance.now() - this.#begun)
    this.#fail(error)
    this.#controller?.abort(error)
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    // It was cut short while it waited for a connection.
    if (this.#settled) controller.abort(new CutShort('gone'))
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number, headers: IncomingHeaders): void {
    if (status < 200) return
    this.#reply.status = status
    this.#report.status = status
    this.#reply.contentType = one(headers['content-type'])
    this.#reply.retryAfter = one(headers['retry-after'])
    const encoding = one(headers['content-encoding']) ?? 'identity'
    if (encoding !== 'identity') this.#refuse(controller, 'sent a compressed answer although it was asked not to')
    else if (Number(headers['content-length']) > this.#max) this.#refuse(controller, tooLarge)
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#size += chunk.length
    if (this.#size > this.#max) this.#refuse(controller, tooLarge)
    else if (this.#first === undefined) this.#first = chunk
    else if (this.#chunks === undefined) this.#chunks = [this.#first, chunk]
    else this.#chunks.push(chunk)
  }

  onResponseEnd(): void {
    const bytes = this.#chunks ? Buffer.concat(this.#chunks, this.#size) : this.#first
    // Decoded once and whole: a character may be split between chunks.
    this.#reply.text = bytes ? decoder.decode(bytes) : ''
    this.#succeed()
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#fail(error)
  }

  #refuse(controller: Dispatcher.DispatchController, why: string): void {
    if (this.#settled) return
    this.#reply.unreadable = why
    this.#succeed()
    controller.abort(new Error(why))
  }

  #succeed(): void {
    if (this.#settled) return
    this.#settled = true
    this.#report.bytes += this.#size
    this.#resolve(this.#reply)
  }

  #fail(error: unknown): void {
    if (this.#settled) return
    this.#settled = true
    this.#report.bytes += this.#size
    this.#reject(error)
  }
}

type IncomingHeaders = Readonly<Record<string, string | string[] | undefined>>

const tooLarge = 'sent an answer that is too large'

function one(value: string | string[] | undefined): string | null {
  return (Array.isArray(value) ? value[0] : value) ?? null
}
