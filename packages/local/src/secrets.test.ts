import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { projectRoot, STAFF_SCOPES } from './secrets.ts'

test('staff may do all that the graph says needs a scope', () => {
  const schema = readFileSync(join(projectRoot, 'schema/supergraph.graphql'), 'utf8')
  const named = new Set([...schema.matchAll(/scopes? `([a-z]+:[a-z]+)`/g)].map(([, scope]) => scope as string))
  expect([...named].toSorted()).toEqual(STAFF_SCOPES.toSorted())
})
