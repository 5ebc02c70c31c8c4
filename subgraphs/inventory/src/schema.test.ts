import { readFileSync } from 'node:fs'
import { shownGraphql } from '@commerce/local/docs.ts'
import { loadSchema } from '@commerce/service/subgraph-server.ts'
import { isNonNullType, isObjectType, Kind, parse, validate, visit } from 'graphql'
import { expect, it } from 'vitest'

const file = new URL('../schema.graphql', import.meta.url)

it('no answer is lost because the catalog is down or does not know a SKU: each variant may be null', () => {
  const types = Object.values(loadSchema(file, {}).getTypeMap()).filter(isObjectType)
  const variants = types.flatMap((type) =>
    Object.values(type.getFields())
      .filter((field) => String(field.type).startsWith('Variant'))
      .map((field) => [`${type}.${field.name}`, isNonNullType(field.type)]),
  )
  expect(variants).toEqual([
    ['Stock.variant', false],
    ['AvailabilityChanged.variant', false],
  ])
})

it('everything is described', () => {
  const bare: (string | undefined)[] = []
  visit(parse(readFileSync(file, 'utf8')), {
    enter(node) {
      const described = node.kind.endsWith('Definition') && node.kind !== Kind.OPERATION_DEFINITION
      if (described && !('description' in node && node.description)) bare.push('name' in node ? node.name?.value : '')
    },
  })
  expect(bare).toEqual([])
})

it('what the how-to page shows can be asked', () => {
  const schema = loadSchema(file, {})
  for (const text of shownGraphql('stock.md')) expect(validate(schema, parse(text)), text).toEqual([])
})
