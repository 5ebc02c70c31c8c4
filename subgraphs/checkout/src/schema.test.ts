import { shownGraphql } from '@commerce/local/docs.ts'
import { loadSchema } from '@commerce/service/subgraph-server.ts'
import { parse, validate } from 'graphql'
import { expect, it } from 'vitest'

const schema = loadSchema(new URL('../schema.graphql', import.meta.url), {})

it.each(['carts.md', 'orders.md', 'payments.md', 'providers.md'])('what docs/%s shows can be asked', (page) => {
  for (const text of shownGraphql(page)) expect(validate(schema, parse(text)), text).toEqual([])
})
