import { readFileSync } from 'node:fs'
import { Supergraph } from '@apollo/federation-internals'
import { parse, validate } from 'graphql'
import { expect, test } from 'vitest'
import { supportedFeatures } from './supergraph/features.ts'

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')

test('every operation of docs/subscriptions.md is one of this graph', () => {
  const supergraph = Supergraph.build(read('schema/supergraph.graphql'), { supportedFeatures })
  const schema = supergraph.apiSchema().toGraphQLJSSchema()
  const page = read('docs/subscriptions.md').replaceAll('\\"', '"')
  // In quotes, as code has them: the last brace before a quote, or before the end of a shell's JSON, ends one.
  const operations = [...page.matchAll(/subscription \{ .*?\}(?='|"\}')/g)].map(([text]) => text)
  expect(operations.length).toBeGreaterThanOrEqual(4)
  for (const text of operations) expect([text, validate(schema, parse(text))]).toEqual([text, []])
})
