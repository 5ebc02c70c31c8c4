import { Kind, print } from 'graphql'
import { expect, test } from 'vitest'
import { readSubgraphs } from './subgraphs.ts'

test.each(['eventSource', 'cacheControl'])('@%s is defined alike wherever it is used', (name) => {
  const definitions = readSubgraphs().flatMap(({ typeDefs }) =>
    typeDefs.definitions.filter((one) => one.kind === Kind.DIRECTIVE_DEFINITION && one.name.value === name).map(print),
  )
  expect(definitions.length).toBeGreaterThan(1)
  expect(new Set(definitions).size).toBe(1)
})
