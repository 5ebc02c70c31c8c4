import { parse } from 'graphql'
import { expect, test } from 'vitest'
import { fingerprintsOf } from './fingerprint.ts'
import { type AskedDocument, type DocumentId, type TrustMode, textOf, trustedIn } from './trust.ts'

const page = 'query Page($id: ID!) { product(id: $id) { name ...Price } } fragment Price on Product { price }'
const recorded = {
  operations: [{ source: page, operationName: 'Page' }],
  documents: new Map([['abc', page]]),
  problems: [],
}
const trusted = await trustedIn(recorded, async () => {})

function judge(mode: TrustMode, asked: Partial<AskedDocument>): string {
  try {
    const { text, unknown } = textOf(mode, trusted, { query: null, id: null, ...asked }, (text) => parse(text))
    return `${text === page ? 'page' : 'text'} ${unknown === null ? 'trusted' : 'unknown'}`
  } catch (error) {
    return String((error as { extensions?: { code?: string } }).extensions?.code)
  }
}

function id(value: string, form: DocumentId['form'] = 'documentId'): DocumentId {
  return { value, form }
}

test.each([
  ['spaces, commas and comments', page.replace('{ name', '{,\n # the name\n name')],
  ['a __typename that a client added', page.replaceAll('{ ', '{ __typename ')],
  [
    'the order of definitions',
    page.split(' fragment ').toReversed().join(' ').replace('Price on', 'fragment Price on'),
  ],
])('a document is recognised whatever %s', (_what, query) => {
  expect(judge('safelist', { query })).toBe('text trusted')
})

test.each([
  ['another field', page.replace('name', 'secret')],
  ['another alias', page.replace('name', 'title: name')],
  ['an alias of __typename', page.replace('{ name', '{ kind: __typename name')],
  ['another fragment', page.replace('{ price }', '{ price cost }')],
  ['another operation beside it', `${page} query Other { secret }`],
  ['another operation of the same name', `${page} query Page { secret }`],
  ['another default value', page.replace('$id: ID!', '$id: ID! = "1"')],
  ['no operation', 'fragment Price on Product { price }'],
])('a document is another one with %s', (_what, query) => {
  expect(judge('safelist', { query })).toBe('DOCUMENT_NOT_TRUSTED')
  expect(judge('audit', { query })).toBe('text unknown')
})

test.each([
  ['off', { query: '{ other }' }, 'text trusted'],
  ['off', { id: id('abc') }, 'PERSISTED_QUERY_NOT_SUPPORTED'],
  ['audit', { id: id('abc') }, 'page trusted'],
  ['audit', { id: id('nobody') }, 'PERSISTED_QUERY_NOT_FOUND'],
  ['audit', { query: '{ other }', id: id('nobody') }, 'text unknown'],
  ['safelist', { id: id('sha256:abc') }, 'page trusted'],
  ['safelist', { id: id('nobody', 'doc_id') }, 'PERSISTED_QUERY_NOT_FOUND'],
  ['safelist', { query: '{ other }', id: id('abc') }, 'DOCUMENT_NOT_TRUSTED'],
  ['id-only', { id: id('abc') }, 'page trusted'],
  ['id-only', { query: page }, 'DOCUMENT_NOT_TRUSTED'],
  ['id-only', { query: `${page} `, id: id('abc') }, 'page trusted'],
  ['id-only', { query: '{ other }', id: id('abc') }, 'DOCUMENT_NOT_TRUSTED'],
  ['id-only', { query: page, id: id('nobody') }, 'DOCUMENT_NOT_TRUSTED'],
  ['id-only', { id: id('__proto__') }, 'PERSISTED_QUERY_NOT_FOUND'],
] as [TrustMode, Partial<AskedDocument>, string][])('in mode %s, %j is %s', (mode, asked, verdict) => {
  expect(judge(mode, asked)).toBe(verdict)
})

test('a document of very many operations is not looked through', () => {
  expect(fingerprintsOf(parse('query A { a }'))).toHaveLength(1)
  expect(fingerprintsOf(parse(Array.from({ length: 21 }, (_, i) => `query Q${i} { a }`).join('\n')))).toEqual([])
})
