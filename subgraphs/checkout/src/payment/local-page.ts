import type { IncomingMessage, ServerResponse } from 'node:http'
import { answerError, readBody } from '@commerce/service/http.ts'
import type { LocalProvider } from './local-provider.ts'

const BODY_LIMIT = 10_000

/** The page of the local provider where a shopper confirms a payment: `GET ?secret=…` asks, `POST secret=…&approve=true|false` decides. */
export function localPaymentPage(provider: LocalProvider) {
  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (request.method === 'GET') {
      const { searchParams } = new URL(request.url ?? '/', 'http://localhost')
      return page(response, 200, questionFor(searchParams.get('secret') ?? ''))
    }
    if (request.method !== 'POST') return answerError(response, 405, 'BAD_REQUEST', 'This page takes GET and POST.')
    const form = new URLSearchParams(await readBody(request, BODY_LIMIT))
    const outcome = await provider.complete(form.get('secret') ?? '', form.get('approve') === 'true')
    if (!outcome) return page(response, 404, '<p>No payment waits under this secret.</p>')
    page(response, 200, `<p>The payment is ${outcome}. Go back to the shop.</p>`)
  }
}

function questionFor(secret: string): string {
  return `<form method="post"><input type="hidden" name="secret" value="${escaped(secret)}">
<p>No money moves here. Confirm this payment?</p>
<button name="approve" value="true">Confirm</button> <button name="approve" value="false">Refuse</button></form>`
}

function page(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, {
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-store',
    'content-security-policy': "default-src 'none'; form-action 'self'; frame-ancestors 'none'",
  })
  response.end(`<!doctype html><title>Local payment</title>${body}`)
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`)
}
