import { expect, test } from 'vitest'
import { startHarness } from '../../test/harness.ts'

const harness = await startHarness()
const FIELDS = 'code terms replacements version'

interface Synonym {
  code: string
  terms: string[]
  replacements: string[] | null
  version: number
}
interface Payload {
  synonym: Synonym | null
  userErrors: { code: string; field: string[]; message: string }[]
}

async function set(input: object, scopes = ['search:write']): Promise<Payload> {
  const { data, errors } = await harness.graphql<{ searchSynonymSet: Payload }>(
    `mutation ($input: SearchSynonymSetInput!) {
      searchSynonymSet(input: $input) { synonym { ${FIELDS} } userErrors { code field message } }
    }`,
    { input },
    scopes,
  )
  if (errors) throw new Error(errors[0]?.extensions.code)
  return data?.searchSynonymSet as Payload
}

async function remove(input: object): Promise<{ deletedCode: string | null; userErrors: { code: string }[] }> {
  const { data } = await harness.graphql<{ searchSynonymDelete: never }>(
    `mutation ($input: SearchSynonymDeleteInput!) { searchSynonymDelete(input: $input) { deletedCode userErrors { code } } }`,
    { input },
    ['search:write'],
  )
  return data?.searchSynonymDelete as never
}

async function codes(args: string): Promise<string[]> {
  const { data } = await harness.graphql<{ searchSynonyms: { nodes: Synonym[] } }>(
    `{ searchSynonyms${args} { nodes { code } } }`,
    {},
    ['search:read'],
  )
  return data?.searchSynonyms.nodes.map(({ code }) => code) ?? []
}

test('a synonym is made, replaced and taken away; the same again changes nothing', async () => {
  const tv = { code: 'tv', terms: ['tv', 'television'] }
  expect(await set(tv)).toEqual({ synonym: { ...tv, replacements: null, version: 1 }, userErrors: [] })
  expect((await set(tv)).synonym?.version).toBe(1)
  const oneWay = { ...tv, terms: ['tv'], replacements: ['monitor'] }
  expect((await set(oneWay)).synonym).toEqual({ ...oneWay, version: 2 })
  expect(await remove({ code: 'tv', expectedVersion: 1 })).toEqual({
    deletedCode: null,
    userErrors: [{ code: 'VERSION_CONFLICT' }],
  })
  expect(await remove({ code: 'tv', expectedVersion: 2 })).toEqual({ deletedCode: 'tv', userErrors: [] })
  expect(await remove({ code: 'tv', expectedVersion: 2 })).toEqual({ deletedCode: 'tv', userErrors: [] })
})

test('of two who make the same, one is told', async () => {
  const wish = (terms: string[]) => set({ code: 'race', terms, expectedVersion: 0 })
  const results = await Promise.all(['x', 'y', 'z'].map((term) => wish(['a', term])))
  expect(results.filter(({ synonym }) => synonym !== null)).toHaveLength(1)
  expect(results.flatMap(({ userErrors }) => userErrors.map(({ code }) => code))).toEqual([
    'VERSION_CONFLICT',
    'VERSION_CONFLICT',
  ])
})

test('what cannot be is refused with the place of it', async () => {
  expect((await set({ code: 'bad', terms: ['ok', '---'] })).userErrors).toEqual([
    { code: 'INVALID_TERM', field: ['terms', '1'], message: '"---" has no letter or digit.' },
  ])
})

test('they are listed by code, forth and back', async () => {
  for (const code of ['b', 'a', 'c']) await set({ code: `list-${code}`, terms: [code, `${code}${code}`] })
  expect((await codes('(first: 10)')).filter((code) => code.startsWith('list'))).toEqual(['list-a', 'list-b', 'list-c'])
  expect(await codes('(first: 1)')).toHaveLength(1)
  const after = Buffer.from(JSON.stringify(['list-a'])).toString('base64url')
  expect(await codes(`(first: 1, after: "${after}")`)).toEqual(['list-b'])
  const before = Buffer.from(JSON.stringify(['list-c'])).toString('base64url')
  expect(await codes(`(last: 2, before: "${before}")`)).toEqual(['list-a', 'list-b'])
})

test('there is a limit', async () => {
  const data = Array.from({ length: 10_000 }, (_, i) => ({ code: `many-${i}`, terms: [`m${i}`, `n${i}`], version: 1 }))
  await harness.database.searchSynonym.createMany({ data })
  expect((await set({ code: 'one-more', terms: ['p', 'q'] })).userErrors[0]?.code).toBe('TOO_MANY_SYNONYMS')
  await harness.database.searchSynonym.deleteMany({ where: { code: { startsWith: 'many' } } })
})

test('it is for staff', async () => {
  await expect(set({ code: 'x', terms: ['x', 'y'] }, [])).rejects.toThrow('UNAUTHENTICATED')
  await expect(set({ code: 'x', terms: ['x', 'y'] }, ['search:read'])).rejects.toThrow('FORBIDDEN')
})
