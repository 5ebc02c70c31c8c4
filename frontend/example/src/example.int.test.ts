// Long because the page is held against all that it stands on: its generated types, the mocked graph, a gateway, Relay's compiler.
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { readApi, supergraphFile } from '@commerce/frontend/api.ts'
import { mockSchema } from '@commerce/frontend/mock/schema.ts'
import { serveMock } from '@commerce/frontend/mock/server.ts'
import { gatewayDefaults } from '@commerce/gateway/config.ts'
import { startGateway } from '@commerce/gateway/server.ts'
import { scratchFolder } from '@commerce/local/testing.ts'
import { createLog } from '@commerce/service/log.ts'
import { afterAll, expect, test } from 'vitest'
import { type AskError, ask } from './ask.ts'
import { productPage, readProductPage } from './product-page.ts'

const example = join(import.meta.dirname, '..')
const { sdl, schema } = readApi(supergraphFile)
const mock = await serveMock(mockSchema(schema, 'shop'), { host: '127.0.0.1', port: 0 })
afterAll(() => mock.stop())
const require = createRequire(import.meta.url)

test('what is generated is what the documents and the API give now', () => {
  execFileSync(process.execPath, [join(example, '../src/types/main.ts')])
  const cli = join(require.resolve('@graphql-codegen/cli/package.json'), '../esm/bin.js')
  const { status, stdout, stderr } = spawnSync(process.execPath, [cli, '--config', 'codegen.yml', '--check'], {
    cwd: example,
    encoding: 'utf8',
  })
  expect({
    status,
    told: status === 0 ? '' : `${stdout}${stderr} Run: npm run codegen -w @commerce/example-page`,
  }).toEqual({
    status: 0,
    told: '',
  })
})

test('the page reads through its own types, and its fragment is masked', async () => {
  const lines = await readProductPage(`${mock.url}/graphql`, 'a-mug')
  expect(lines?.[0]).toMatch(/^\w+ \w+ \(.+\)$/)
  expect(lines?.[1]).toMatch(/^[\w-]+: \d+\.\d\d USD, [A-Z_]+$/)
  const { product } = await ask(`${mock.url}/graphql`, productPage, { slug: 'a-mug' })
  // @ts-expect-error: only the fragment's own module may read what it asks for.
  expect(product?.variants?.nodes[0]?.sku).toBeTypeOf('string')
})

test('a gateway that takes trusted documents only runs the page by the id in its manifest', async () => {
  const operations = scratchFolder('example-documents')
  mkdirSync(operations, { recursive: true })
  writeFileSync(join(operations, 'page.json'), readFileSync(join(import.meta.dirname, 'gql/persisted-documents.json')))
  const nowhere = Object.fromEntries(
    ['catalog', 'inventory', 'search', 'checkout'].map((name) => [name, 'http://127.0.0.1:1']),
  )
  const config = { ...gatewayDefaults, port: 0, supergraph: supergraphFile, operations, subgraphUrls: nowhere }
  const gateway = await startGateway({ ...config, trustedDocuments: 'id-only' }, createLog('test', 'silent'))
  try {
    const code = async (send: 'id' | 'text') => {
      try {
        return (await readProductPage(`${gateway.url}/graphql`, 'a-mug', send)) === null ? 'no product' : 'a product'
      } catch (error) {
        return (error as AskError).codes[0]
      }
    }
    // No subgraph runs, which is only found out by a document that runs: its product is null.
    expect(await code('id')).toBe('no product')
    expect(await code('text')).toBe('DOCUMENT_NOT_TRUSTED')
  } finally {
    await gateway.stop()
  }
})

const categoryPage = `
import { graphql } from 'react-relay'
export const page = graphql\`
  query CategoryPageQuery($slug: String!) { category(slug: $slug) { name ...CategoryPage_products } }
\`
export const products = graphql\`
  fragment CategoryPage_products on Category
  @refetchable(queryName: "CategoryPageMoreQuery")
  @argumentDefinitions(count: { type: "Int", defaultValue: 1 }, cursor: { type: "String" }) {
    products(first: $count, after: $cursor) @connection(key: "CategoryPage_products") {
      edges { node { id title } }
    }
  }
\`
`

test('Relay compiles a page over Node and connections, and what it sends fetches one page after another', async () => {
  const folder = scratchFolder('relay')
  mkdirSync(join(folder, 'src/made'), { recursive: true })
  writeFileSync(join(folder, 'src/CategoryPage.ts'), categoryPage)
  writeFileSync(join(folder, 'schema.graphql'), sdl)
  writeFileSync(join(folder, 'queries.json'), '{}')
  writeFileSync(
    join(folder, 'relay.config.json'),
    JSON.stringify({
      src: './src',
      schema: './schema.graphql',
      language: 'typescript',
      artifactDirectory: './src/made',
      eagerEsModules: true,
      persistConfig: { file: './queries.json', algorithm: 'SHA256' },
    }),
  )
  const compiler = require('relay-compiler') as string
  const { status, stdout, stderr } = spawnSync(compiler, [], { cwd: folder, encoding: 'utf8' })
  expect({ status, told: status === 0 ? '' : stdout + stderr }).toEqual({ status: 0, told: '' })
  const manifest: Record<string, string> = JSON.parse(readFileSync(join(folder, 'queries.json'), 'utf8'))
  const text = (name: string) => Object.values(manifest).find((one) => one.includes(`query ${name}`)) ?? ''
  // The second one finds its category by its id alone.
  expect(text('CategoryPageMoreQuery')).toMatch(/node\(id: \$id\)/)
  const send = async (query: string, variables: object) => {
    const response = await fetch(`${mock.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query, variables }),
    })
    // biome-ignore lint/suspicious/noExplicitAny: data are compared with literals
    return ((await response.json()) as { data: any }).data
  }
  const { category } = await send(text('CategoryPageQuery'), { slug: 'mugs' })
  const ids: string[] = category.products.edges.map(({ node }: { node: { id: string } }) => node.id)
  for (let { pageInfo } = category.products; pageInfo.hasNextPage; ) {
    const { node } = await send(text('CategoryPageMoreQuery'), {
      id: category.id,
      count: 1,
      cursor: pageInfo.endCursor,
    })
    ids.push(node.products.edges[0].node.id)
    pageInfo = node.products.pageInfo
  }
  expect(new Set(ids).size).toBe(ids.length)
  expect(ids.length).toBeGreaterThan(1)
})
