// A server that speaks as much of Stripe's API as checkout uses, over real HTTP: https://docs.stripe.com/api. Long because it is one state machine.
import { createHmac, randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { whenDone } from '@commerce/local/testing.ts'

type Step = 'create' | 'confirm' | 'capture' | 'cancel' | 'refund' | 'retrieve'
/** What goes wrong with a request: before or after it was carried out, or without an end. */
export type Fault = 'resetBefore' | 'resetAfter' | 'silentBefore' | 'silentAfter' | 'failBefore' | 'failAfter' | 'busy'

interface Intent {
  id: string
  object: 'payment_intent'
  amount: number
  currency: string
  status: string
  client_secret: string
  metadata: Record<string, string>
  next_action: object | null
  last_payment_error: { message: string } | null
}

interface Refund {
  id: string
  object: 'refund'
  payment_intent: string
  amount: number
  status: string
  metadata: Record<string, string>
}

interface Answer {
  status: number
  body: unknown
}

export type Stripe = Awaited<ReturnType<typeof startStripe>>

export const WEBHOOK_SECRET = 'whsec_of_the_tests'

/** Starts it on loopback. `pm_ok`, `pm_declined`, `pm_action` are the cards it knows. */
export async function startStripe() {
  const intents = new Map<string, Intent>()
  const refunds: Refund[] = []
  const remembered = new Map<string, Answer>()
  const faults = new Map<Step, Fault[]>()
  const asked: { step: Step; id: string | undefined; key: string | undefined; form: URLSearchParams }[] = []
  const waiting = new Set<ServerResponse>()
  let refundStatus = 'succeeded'
  let down = false

  const server = createServer((request, response) => void answer(request, response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const stop = () => {
    server.closeAllConnections()
    return new Promise<void>((resolve) => server.close(() => resolve()))
  }
  whenDone(stop)

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = ''
    for await (const chunk of request) body += chunk
    const form = new URLSearchParams(body)
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://stripe')
    const [, , resource, id, verb] = pathname.split('/')
    const step = stepOf(request.method, resource, id, verb)
    const key = request.headers['idempotency-key'] as string | undefined
    asked.push({ step, id, key, form })
    if (down) return void request.socket.destroy()
    const fault = faults.get(step)?.shift()
    if (fault === 'busy') return send(response, failure(429, 'rate_limit', 'Too many requests.'))
    if (fault === 'resetBefore') return void request.socket.destroy()
    if (fault === 'silentBefore') return void waiting.add(response)
    const known = key && remembered.get(key)
    const done =
      known || (fault === 'failBefore' ? broken() : carryOut(step, { id: id ?? '', form, query: searchParams }))
    const said = fault === 'failAfter' ? broken() : done
    // As the real one: whatever was answered once is answered again, its own failures included.
    if (key && said.status !== 429) remembered.set(key, said)
    if (fault === 'resetAfter') return void request.socket.destroy()
    if (fault === 'silentAfter') return void waiting.add(response)
    send(response, said)
  }

  function carryOut(step: Step, { id, form, query }: { id: string; form: URLSearchParams; query: URLSearchParams }) {
    if (step === 'create') return ok(create(form))
    if (step === 'refund') return query.has('payment_intent') ? ok(list(query)) : refund(form)
    const intent = intents.get(id)
    if (!intent) return failure(404, 'invalid_request_error', `No such payment_intent: '${id}'`)
    if (step === 'retrieve') return ok(intent)
    const open = ['requires_payment_method', 'requires_confirmation', 'requires_action', 'requires_capture']
    const allowed = {
      confirm: ['requires_payment_method', 'requires_confirmation'],
      capture: ['requires_capture'],
      cancel: open,
    }[step]
    if (!allowed.includes(intent.status)) {
      const message = `You cannot ${step} this PaymentIntent because it has a status of ${intent.status}.`
      return failure(400, 'invalid_request_error', message, { code: 'payment_intent_unexpected_state' })
    }
    if (step === 'confirm') return confirm(intent, form)
    intent.status = step === 'capture' ? 'succeeded' : 'canceled'
    return ok(intent)
  }

  function create(form: URLSearchParams): Intent {
    const id = `pi_${randomUUID()}`
    const intent: Intent = {
      id,
      object: 'payment_intent',
      amount: Number(form.get('amount')),
      currency: form.get('currency') ?? '',
      status: 'requires_payment_method',
      client_secret: `${id}_secret`,
      metadata: { authorization_key: form.get('metadata[authorization_key]') ?? '' },
      next_action: null,
      last_payment_error: null,
    }
    intents.set(id, intent)
    return intent
  }

  function confirm(intent: Intent, form: URLSearchParams): Answer {
    const card = form.get('payment_method')
    if (card === 'pm_declined') {
      const message = 'Your card was declined.'
      intent.last_payment_error = { message }
      return failure(402, 'card_error', message, { code: 'card_declined', decline_code: 'generic_decline' })
    }
    if (card === 'pm_action') {
      intent.status = 'requires_action'
      const url = `https://bank.example/${intent.id}`
      intent.next_action = { type: 'redirect_to_url', redirect_to_url: { url } }
      return ok(intent)
    }
    if (card !== 'pm_ok') {
      return failure(400, 'invalid_request_error', `No such PaymentMethod: '${card}'`, { param: 'payment_method' })
    }
    intent.status = 'requires_capture'
    return ok(intent)
  }

  function refund(form: URLSearchParams): Answer {
    const intent = intents.get(form.get('payment_intent') ?? '')
    const amount = Number(form.get('amount'))
    const before = refunds.filter(({ payment_intent }) => payment_intent === intent?.id)
    const left = (intent?.amount ?? 0) - before.reduce((sum, { amount }) => sum + amount, 0)
    if (intent?.status !== 'succeeded' || amount > left) {
      return failure(400, 'invalid_request_error', `Refund amount (${amount}) is greater than unrefunded (${left}).`)
    }
    const made: Refund = {
      id: `re_${randomUUID()}`,
      object: 'refund',
      payment_intent: intent.id,
      amount,
      status: refundStatus,
      metadata: { key: form.get('metadata[key]') ?? '' },
    }
    refunds.push(made)
    return ok(made)
  }

  function list(query: URLSearchParams) {
    const data = refunds.filter(({ payment_intent }) => payment_intent === query.get('payment_intent'))
    return { object: 'list', url: '/v1/refunds', has_more: false, data }
  }

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop,
    /** Every request, in order. */
    asked,
    intents: () => [...intents.values()],
    refunds: () => refunds,
    /** The next requests of a step go wrong like this. */
    play: (step: Step, ...how: Fault[]) => void faults.set(step, [...how]),
    /** From now on every connection is closed at once; or no longer. */
    setDown(is: boolean): void {
      down = is
    },
    /** How refunds stand from now on when they are made. */
    setRefundStatus(status: string): void {
      refundStatus = status
    },
    /** The shopper confirms at the bank, or does not. */
    shopperDecides(id: string, approve: boolean): void {
      const intent = intents.get(id)
      if (intent?.status !== 'requires_action') throw new Error(`${id} waits for nobody.`)
      intent.status = approve ? 'requires_capture' : 'requires_payment_method'
      intent.next_action = null
      if (!approve) intent.last_payment_error = { message: 'The shopper did not confirm.' }
    },
  }
}

/** A notification as Stripe sends it: its body and its signature header. */
export function notification(
  type: string,
  object: object,
  { id = `evt_${randomUUID()}`, secret = WEBHOOK_SECRET } = {},
) {
  const body = JSON.stringify({ id, object: 'event', type, created: 0, data: { object } })
  const time = Math.floor(Date.now() / 1_000)
  const signature = createHmac('sha256', secret).update(`${time}.${body}`).digest('hex')
  return { body, headers: { 'stripe-signature': `t=${time},v1=${signature}`, 'content-type': 'application/json' } }
}

function stepOf(method: string | undefined, resource = '', id = '', verb = ''): Step {
  if (resource === 'refunds') return 'refund'
  if (method === 'GET') return 'retrieve'
  return id === '' ? 'create' : (verb as Step)
}

function ok(body: unknown): Answer {
  return { status: 200, body: structuredClone(body) }
}

function failure(status: number, type: string, message: string, more: object = {}): Answer {
  return { status, body: { error: { type, message, ...more } } }
}

function broken(): Answer {
  return failure(500, 'api_error', 'An error on our side.')
}

function send(response: ServerResponse, { status, body }: Answer): void {
  response.writeHead(status, { 'content-type': 'application/json', 'request-id': `req_${randomUUID()}` })
  response.end(JSON.stringify(body))
}
