import type { Logger } from '@commerce/service/log.ts'
import type { SubgraphChange } from './standing.ts'

/** One that comes and goes is told of once in so many milliseconds. */
const quietMs = 10_000

/** Writes one line when a subgraph goes away, when it is left alone, and when it is back. */
export function subgraphLog(log: Logger, now: () => number = Date.now): (change: SubgraphChange) => void {
  const told = new Map<string, number>()
  const away = new Set<string>()
  return ({ service, url: whole, to, reason }) => {
    const url = withoutSecrets(whole)
    if (to === 'up') {
      if (away.delete(service)) log.info({ subgraph: service, url }, `Subgraph "${service}" is back.`)
      return
    }
    const key = `${to} ${service}`
    if (now() - (told.get(key) ?? Number.NEGATIVE_INFINITY) < quietMs) return
    told.set(key, now())
    away.add(service)
    const what = to === 'down' ? 'gives no answer' : 'keeps failing and is left alone for a moment'
    const variable = `SUBGRAPH_URL_${service.toUpperCase().replaceAll('-', '_')}`
    log.warn(
      { subgraph: service, url, reason },
      `Subgraph "${service}" at ${url} ${what}: ${reason}. ${variable} sets another address.`,
    )
  }
}

/** An address as a log may hold it: without a password or key. */
function withoutSecrets(url: string): string {
  const { origin, pathname } = new URL(url)
  return `${origin}${pathname}`
}
