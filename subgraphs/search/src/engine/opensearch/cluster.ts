import { Client, errors } from '@opensearch-project/opensearch'
import type { SearchCluster } from '../cluster.ts'
import { createOpenSearchEngine } from './engine.ts'
import {
  aliasesOf,
  createGeneration,
  dropIndices,
  type IndexSettings,
  indicesBehind,
  indicesOf,
  putTemplates,
  useGeneration,
} from './indices.ts'

export interface ClusterOptions extends IndexSettings {
  /** Where OpenSearch answers; may carry a user and a password. */
  url: string
  /** What the names of the indices begin with. */
  prefix: string
}

const TIMEOUT_MS = 10_000
/** Too many requests, and what proxies and nodes answer that cannot do anything at the moment. */
const BUSY = new Set([429, 502, 503, 504])

/** The indices of one search in an OpenSearch cluster. Asks nothing of it yet. Throws for a prefix that no index can have. */
export function openCluster({ url, prefix, ...settings }: ClusterOptions): SearchCluster {
  const aliases = aliasesOf(prefix)
  const client = new Client({ node: url, requestTimeout: TIMEOUT_MS })
  const first = `${aliases.products}-`
  const numbersOf = (indices: readonly string[]) =>
    indices.flatMap((index) => {
      const number = index.startsWith(first) ? index.slice(first.length) : ''
      return /^\d+$/.test(number) ? [Number(number)] : []
    })

  return {
    engine: (generation) =>
      createOpenSearchEngine({ client, prefix, ...(generation === undefined ? {} : { generation: `${generation}` }) }),
    async searched() {
      return numbersOf(await indicesBehind(client, aliases.products))[0] ?? null
    },
    async generations() {
      const { body } = await client.indices.getAlias({ index: `${first}*` }) // names those without an alias too
      return numbersOf(Object.keys(body))
    },
    async create(generation) {
      await putTemplates(client, prefix, settings)
      await createGeneration(client, prefix, `${generation}`)
    },
    async use(generation) {
      await useGeneration(client, prefix, `${generation}`)
    },
    drop: (generation) => dropIndices(client, Object.values(indicesOf(prefix, `${generation}`))),
    isUnavailable(error) {
      if (error instanceof errors.ConnectionError || error instanceof errors.TimeoutError) return true
      if (error instanceof errors.NoLivingConnectionsError) return true
      const { statusCode, body } = error as { statusCode?: number; body?: { error?: { type?: string } } }
      return BUSY.has(statusCode ?? 0) || body?.error?.type === 'index_not_found_exception'
    },
    close: () => client.close(),
  }
}
