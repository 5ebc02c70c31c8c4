import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { eventually, scratchFolder } from '@commerce/local/testing.ts'
import { expect, test } from 'vitest'
import { ask, npm, processesOf, processOf, runNpm, type Shop, startShop, subscribe } from './shop.ts'

// A start takes seconds, so what runs is used as long as it lasts.
let running: Shop | undefined
const theShop = async (): Promise<Shop> => {
  running ??= await startShop()
  return running
}

/** What it leaves behind is where the next one begins. */
async function startAgain(ended: Shop): Promise<Shop> {
  running = undefined
  running = await startShop(ended.folder)
  return running
}

const TITLES = '{ products(first: 100, sort: { key: TITLE }) { nodes { title } } }'

test('starts with the sample shop, ends on SIGINT without an orphan, and keeps its data', async () => {
  const shop = await theShop()
  const first = await ask(shop, TITLES)
  expect(first.data.products.nodes.length).toBeGreaterThan(20)
  const page = await fetch(shop.url, { headers: { accept: 'text/html' } })
  expect(await page.text()).toContain('graphiql')
  for (const path of ['live', 'ready']) expect((await fetch(`${shop.url}/health/${path}`)).status).toBe(200)

  expect(processesOf(shop).length).toBeGreaterThan(5)
  await shop.end('SIGINT')
  await eventually('nothing of it runs', () => processesOf(shop).length === 0)
  expect(shop.printed()).toContain('Stopped.')

  const again = await startAgain(shop)
  expect(again.printed()).not.toContain('sample shop')
  expect(existsSync(join(shop.folder, 'seeding'))).toBe(false)
  expect((await ask(again, TITLES)).data).toEqual(first.data)
}, 120_000)

test('what the README says to paste works', async () => {
  const [page, live, delivery, cart, place] = [
    ...readFileSync('README.md', 'utf8').matchAll(/```graphql\n(.*?)```/gs),
  ].map(([, text]) => text ?? '')
  const shop = await theShop()
  const { data, errors } = await eventually('the search index has the sample shop', async () => {
    const answer = await ask(shop, page ?? '')
    return answer.data?.search?.nodes.length > 0 && answer
  })
  expect(errors).toBeUndefined()
  expect(data.search.nodes[0].variants.nodes.length).toBeGreaterThan(0)

  const { payloads } = subscribe(shop, live ?? '')
  await eventually('the current state', () => payloads.length === 1)
  const minted = await runNpm(['run', '-s', 'token', '--', '--scope', 'staff'], { DATA_DIR: shop.folder })
  const changed = await ask(shop, delivery ?? '', {}, minted.output.trim())
  expect(changed).toMatchObject({ data: { stockAdjust: { userErrors: [] } } })
  await eventually('the change', () => payloads.length === 2)
  expect(payloads[1]?.data.availabilityChanged.availability).toMatchObject({ status: 'LOW_STOCK', available: 5 })
  expect(payloads.every((payload) => payload.errors === undefined)).toBe(true)

  const created = await ask(shop, cart ?? '')
  expect(created.data.cartCreate).toMatchObject({ userErrors: [], cart: { totals: { total: { amount: '32.00' } } } })
  const placed = await ask(shop, place ?? '', { cartId: created.data.cartCreate.cart.id })
  expect(placed.data.placeOrder).toMatchObject({
    __typename: 'OrderPlaced',
    order: { totals: { total: { amount: '32.00' } } },
  })
}, 120_000)

test('a subgraph that dies is started again; meanwhile its fields are null and the rest is there', async () => {
  const shop = await theShop()
  const page = '{ products(first: 1) { nodes { title variants(first: 1) { nodes { sku availability { status } } } } } }'
  const whole = await ask(shop, page)
  expect(whole.errors).toBeUndefined()

  process.kill(processOf(shop, 'subgraphs/inventory'), 'SIGKILL')
  // What nobody asked for before: the rest of the page may be kept, and stays right while nothing changes it.
  const other = page.replaceAll('first: 1', 'first: 2')
  const partial = await ask(shop, other)
  expect(partial.data.products.nodes[0].title).toBe(whole.data.products.nodes[0].title)
  expect(partial.data.products.nodes[1].variants.nodes[0].availability).toBeNull()
  expect(partial.errors?.[0]).toMatchObject({
    path: expect.arrayContaining(['availability']),
    extensions: { code: 'SUBGRAPH_UNAVAILABLE' },
  })
  await eventually('the availability is back', async () => (await ask(shop, other)).errors === undefined, 30_000)
  expect((await ask(shop, page)).data).toEqual(whole.data)
}, 120_000)

test('killed hard it leaves nothing running, and the next start recovers', async () => {
  const shop = await theShop()
  const before = await ask(shop, TITLES)
  process.kill(processOf(shop, 'local/src/start.ts'), 'SIGKILL')
  await eventually('everything it started is gone', () => processesOf(shop).length === 0, 20_000)

  writeFileSync(join(shop.folder, 'seeding'), '') // as if it had been killed in the middle of the import
  const again = await startAgain(shop)
  expect(again.printed()).toContain('The sample shop is there.')
  expect((await ask(again, TITLES)).data).toEqual(before.data)
  await again.end('SIGTERM')
  await eventually('nothing of it runs', () => processesOf(again).length === 0)
  expect(again.printed()).toContain('Stopped.')
  running = undefined

  const trusting = { TRUSTED_DOCUMENTS: 'safelist', OPERATIONS: 'schema/operations' }
  const strict = await startShop(shop.folder, trusting)
  expect(strict.printed()).not.toContain('sample shop is there')
  expect(strict.printed()).toContain('The sample shop is not imported: only trusted documents run here.')
  const unknown = await ask(strict, '{ products(first: 3) { nodes { slug version } } }')
  expect(unknown.errors?.[0]?.extensions?.code).toBe('DOCUMENT_NOT_TRUSTED')
  await strict.end('SIGTERM')
}, 120_000)

test('Ctrl-C and the death of a server in the middle of a start end everything', async () => {
  const disturbances = [
    ['subgraphs/catalog', (group: number) => process.kill(-group, 'SIGINT'), 'SIGINT: stopping'],
    ['subgraphs/catalog', (_: number, folder: string) => killServer(folder), 'NATS ended unexpectedly'],
  ] as const
  const disturbed = disturbances.map(async ([script, disturb, words]) => {
    const folder = scratchFolder('start')
    const child = npm(['start', '--silent'], { DATA_DIR: folder, PORT: '0' })
    let output = ''
    child.stdout?.on('data', (chunk) => (output += chunk))
    await eventually('it is in the middle', () => processesOf({ folder }).some((line) => line.includes(script)), 30_000)
    disturb(child.pid ?? 0, folder)
    await eventually('everything is gone', () => processesOf({ folder }).length === 0, 60_000)
    expect(output).toContain(words)
    expect(output).not.toContain('The graph is ready')
    expect(existsSync(join(folder, 'lock'))).toBe(false)
  })
  await Promise.all(disturbed)
}, 120_000)

function killServer(folder: string): void {
  const nats = processesOf({ folder }).find((line) => line.includes('nats-server') && !line.includes('/bin/sh'))
  process.kill(Number(nats?.split(' ')[0]), 'SIGKILL')
}

test('every command explains itself', async () => {
  const commands = [
    ['start'],
    ['run', 'import'],
    ['run', 'token'],
    ['run', 'gateway'],
    ['run', 'compose'],
    ['run', 'db'],
  ]
  const told = await Promise.all(commands.map((args) => runNpm([...args, '--silent', '--', '--help'])))
  for (const [i, { code, output }] of told.entries()) {
    expect(output, commands[i]?.join(' ')).toContain('Usage: npm ')
    expect(code, commands[i]?.join(' ')).toBe(0)
  }
}, 60_000)

test('the README names no command and no file that does not exist', () => {
  const readme = readFileSync('README.md', 'utf8')
  const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: Record<string, string> }
  const named = [...readme.matchAll(/npm run (?:-s |--silent )?([a-z:]+)/g)].map(([, name]) => name)
  for (const name of named) expect(Object.keys(scripts)).toContain(name)
  const top = readdirSync('.')
  for (const [, folder] of readme.matchAll(/^\| \[?`([a-z0-9]+)\/`/gm)) expect(top).toContain(folder)
})
