import { randomUUID } from 'node:crypto'
import { Client } from '@opensearch-project/opensearch'
import { describe, it } from 'vitest'
import { describeEngine } from '../contract.ts'
import { createOpenSearchEngine } from './engine.ts'
import { createGeneration, dropIndices, putTemplates, useGeneration } from './indices.ts'

const node = process.env.OPENSEARCH_URL

if (node) {
  describeEngine('opensearch', async () => {
    const client = new Client({ node })
    const prefix = `contract-${randomUUID()}`
    await putTemplates(client, prefix, { shards: 1, replicas: 0 })
    await createGeneration(client, prefix, '1')
    await useGeneration(client, prefix, '1')
    const engine = createOpenSearchEngine({ client, prefix })
    return {
      ...engine,
      async close() {
        const kinds = ['products', 'skus', 'state']
        await dropIndices(
          client,
          kinds.map((kind) => `${prefix}-${kind}-1`),
        )
        for (const kind of kinds) await client.indices.deleteIndexTemplate({ name: `${prefix}-${kind}` })
        await engine.close?.()
      },
    }
  })
} else {
  console.warn('The contract of the OpenSearch engine is skipped: OPENSEARCH_URL names no server.')
  describe('search engine: opensearch', () => {
    it.skip('passes the contract of all engines (set OPENSEARCH_URL to a server that may be written to)', () => {})
  })
}
