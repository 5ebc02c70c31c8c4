import { defineConfig } from 'vitest/config'

export default defineConfig({
  // As Node does: `graphql` has an ESM build too, and two copies of it refuse each other's types.
  resolve: { alias: [{ find: /^graphql$/, replacement: 'graphql/index.js' }] },
  test: {
    include: [
      '{e2e,gateway,subgraphs,packages,schema,prisma,bench,frontend,coherence,orders-check,relevance,replay}/**/*.test.ts',
    ],
    globalSetup: ['packages/local/src/test-servers.ts'],
    // CI reads the counts from a file.
    reporters: process.env.TEST_RESULTS ? ['default', ['json', { outputFile: process.env.TEST_RESULTS }]] : ['default'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 20_000,
    hookTimeout: 60_000,
    env: { APOLLO_TELEMETRY_DISABLED: '1' },
  },
})
