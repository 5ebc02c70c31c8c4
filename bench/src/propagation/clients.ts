import { createClient } from 'graphql-ws'
import { request } from 'undici'
import { CannotRun } from '../bench.ts'
import { now, type Sightings } from './watching.ts'

const LIMIT_MS = 20_000
/** Between two reads: a reader without rest would take a good part of a core from what is measured. */
const REST_MS = 1

const CHANGE = `mutation ($input: StockSetInput!) {
  stockSet(input: $input) { stock { version } userErrors { message } }
}`
const READ = 'query ($skus: [String!]!) { availabilities(skus: $skus) { sku version } }'
const FOLLOW = 'subscription ($skus: [String!]!) { availabilityChanged(skus: $skus) { sku version } }'

/** One operation over HTTP; rejects with its errors. */
async function ask<T>(url: string, query: string, variables: object, token?: string): Promise<T> {
  // As little of a client as there is: it shares its processors with what is measured.
  const { body } = await request(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
    body: JSON.stringify({ query, variables }),
    headersTimeout: LIMIT_MS,
    bodyTimeout: LIMIT_MS,
  })
  const { data, errors } = (await body.json()) as { data: T; errors?: { message: string }[] }
  if (errors) throw new Error(errors.map(({ message }) => message).join(' '))
  return data
}

/** Sets the stock of a SKU; resolves to its new version. */
export async function setStock(url: string, token: string, sku: string, onHand: number, key: string): Promise<number> {
  const input = { sku, onHand, idempotencyKey: key }
  const { stockSet } = await ask<{
    stockSet: { stock: { version: number } | null; userErrors: { message: string }[] }
  }>(url, CHANGE, { input }, token)
  if (!stockSet.stock) throw new Error(stockSet.userErrors.map(({ message }) => message).join(' '))
  return stockSet.stock.version
}

/** Reads SKUs again and again as a shopper without a token does; the answer stops it and rejects when a read failed. */
export function startReading(url: string, skus: readonly string[], sightings: Sightings): () => Promise<number> {
  let stopped = false
  let reads = 0
  const loop = (async () => {
    while (!stopped) {
      const { availabilities } = await ask<{ availabilities: { sku: string; version: number }[] }>(url, READ, { skus })
      const at = now()
      reads++
      for (const { sku, version } of availabilities)
        if (version !== sightings.latest(sku)) sightings.see(sku, version, at)
      await new Promise((resolve) => setTimeout(resolve, REST_MS))
    }
    return reads
  })()
  loop.catch(() => {})
  return () => {
    stopped = true
    return loop
  }
}

/** Follows SKUs over a WebSocket (graphql-transport-ws); resolves when it has the state of each. */
export async function startFollowing(
  url: string,
  skus: readonly string[],
  sightings: Sightings,
): Promise<() => Promise<void>> {
  const client = createClient({ url: url.replace('http', 'ws'), retryAttempts: 0 })
  let failure: Error | undefined
  const { promise: complete, resolve, reject } = Promise.withResolvers<void>()
  const missing = new Set(skus)
  const fail = (what: string): void => {
    failure ??= new Error(`The subscription ended: ${what}`)
    reject(failure)
  }
  client.subscribe<{ availabilityChanged: { sku: string; version: number } }>(
    { query: FOLLOW, variables: { skus } },
    {
      next({ data, errors }) {
        if (!data || errors) return fail(JSON.stringify(errors))
        const { sku, version } = data.availabilityChanged
        sightings.see(sku, version, now())
        if (missing.delete(sku) && missing.size === 0) resolve()
      },
      error: (error) => fail(error instanceof Error ? error.message : JSON.stringify(error)),
      complete: () => fail('completed'),
    },
  )
  const timer = setTimeout(() => fail(`${missing.size} SKUs had not come within ${LIMIT_MS} ms`), LIMIT_MS)
  await complete
    .finally(() => clearTimeout(timer))
    .catch((error: Error) => {
      throw new CannotRun(error.message)
    })
  return async () => {
    if (failure) throw failure
    await client.dispose()
  }
}
