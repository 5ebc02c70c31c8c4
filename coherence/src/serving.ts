import { request } from 'undici'
import { pause } from './disturbances.ts'
import { type Shop, SUBGRAPHS } from './shop.ts'

const RECOVERY_LIMIT_MS = 30_000
const ANSWER_LIMIT_MS = 2_000

/** Milliseconds until all caches serve, of gateways and of replicas; null when they do not within half a minute. */
export async function untilServing(shop: Shop): Promise<number | null> {
  const began = performance.now()
  while (performance.now() - began < RECOVERY_LIMIT_MS) {
    const all = await Promise.all([...shop.gateways.map(gatewayServes), ...shop.replicas.map(replicaServes)])
    if (all.every(Boolean)) return Math.round(performance.now() - began)
    await pause(50)
  }
  return null
}

// Of the whole graph only two subgraphs run here: that nothing is heard of the others is as it should be.
async function gatewayServes({ url }: { url: string }): Promise<boolean> {
  const health = await ask(`${url}/health/ready`)
  if (health?.status !== 200) return false
  const { cache } = JSON.parse(health.text) as { cache: string }
  return cache.startsWith('serving') && !SUBGRAPHS.some((name) => cache.includes(name))
}

async function replicaServes({ url }: { url: string }): Promise<boolean> {
  return (await ask(`${url}/health/ready`))?.status === 200
}

/** What a gateway counts: how often its caches were asked, by cache and result. */
export async function cacheCounts(url: string): Promise<Map<string, number>> {
  const text = (await ask(`${url}/metrics`))?.text ?? ''
  const lines = text.matchAll(/^gateway_cache_requests_total\{cache="(\w+)",result="(\w+)"\} (\d+)/gm)
  return new Map([...lines].map(([, cache, result, value]) => [`${cache} ${result}`, Number(value)]))
}

async function ask(url: string): Promise<{ status: number; text: string } | null> {
  try {
    const { statusCode, body } = await request(url, { headersTimeout: ANSWER_LIMIT_MS, bodyTimeout: ANSWER_LIMIT_MS })
    return { status: statusCode, text: await body.text() }
  } catch {
    return null
  }
}
