import { defineConfig } from '@graphql-hive/gateway'
import { unifiedGraphHandler } from '@graphql-hive/router-runtime'

// Whole responses are kept for a second for everybody; a mutation through this gateway drops those that show what its answer names.
export const gatewayConfig = defineConfig({
  unifiedGraphHandler,
  inboundInflightRequestDeduplication: true,
  responseCaching: { session: () => null, ttl: 1_000, idFields: ['id', 'upc'] },
})
