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

// Open to shoppers too: their own, or in part.
const shoppers = ['Query.order', 'Mutation.orderCancel']

test('what needs a scope is tagged for staff, so that it is not in the contract of shoppers', () => {
  const fields = readSubgraphs().flatMap(({ typeDefs }) =>
    typeDefs.definitions.flatMap((type) =>
      type.kind === Kind.OBJECT_TYPE_DEFINITION && ['Query', 'Mutation', 'Subscription'].includes(type.name.value)
        ? (type.fields ?? []).map((field) => ({
            name: `${type.name.value}.${field.name.value}`,
            needsScope: /\bscope `/.test(field.description?.value ?? ''),
            isTagged: (field.directives ?? []).some((one) => print(one) === '@tag(name: "staff")'),
          }))
        : [],
    ),
  )
  const needing = fields.filter(({ name, needsScope }) => needsScope && !shoppers.includes(name))
  expect(needing.length).toBeGreaterThan(20)
  expect(fields.filter(({ isTagged }) => isTagged)).toEqual(needing)
})
