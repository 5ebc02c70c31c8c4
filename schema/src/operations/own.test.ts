import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { openPlanning } from '@commerce/gateway/supergraph/planning.ts'
import { buildSchema, parse, validate } from 'graphql'
import { expect, test } from 'vitest'
import { manifestText, ownManifests } from './own.ts'

const schema = join(import.meta.dirname, '../..')
const manifests = Object.entries(ownManifests())

test.each(manifests)('the manifest of %s is what it asks now: npm run schema:operations', (client, manifest) => {
  expect(Object.keys(manifest).length).toBeGreaterThan(0)
  expect(readFileSync(join(schema, 'operations', client, 'manifest.json'), 'utf8')).toBe(manifestText(manifest))
})

test('every operation of our own clients is valid on the graph', () => {
  const planning = openPlanning(readFileSync(join(schema, 'supergraph.graphql'), 'utf8'))
  const api = buildSchema(planning.describe().apiSdl)
  const wrong = manifests.flatMap(([client, manifest]) =>
    Object.values(manifest).flatMap((body) => {
      const [error] = validate(api, parse(body))
      return error ? [`${client}: ${error.message} in ${body}`] : []
    }),
  )
  expect(wrong).toEqual([])
})
