import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { type Shop, startShop } from '@commerce/local/shop/shop.ts'
import { eventually, scratchFolder, testDatabase, whenDone } from '@commerce/local/testing.ts'
import pg from 'pg'
import { beforeAll, expect, test } from 'vitest'
import { openGraph } from '../src/graph.ts'
import { openJournal } from '../src/journal.ts'
import { replay } from '../src/replay.ts'

const header = 'InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country'
// Every kind of line there is. An order of more than a cart takes, a code with two prices, a name with a comma.
const rows = [
  '536365,85123A,WHITE HANGING HEART,6,2010-12-01T08:26:00,2.55,17850,United Kingdom',
  '536365,22752,"SET 7, BABUSHKA NESTING BOXES",2,2010-12-01T08:26:00,7.65,17850,United Kingdom',
  '536365,85123A,WHITE HANGING HEART,1,2010-12-01T08:26:00,2.55,17850,United Kingdom',
  '536366,85123A,WHITE HANGING HEART,2500,2010-12-01T08:28:00,2.1,13047,United Kingdom',
  '536367,22752,,5,2010-12-01T08:34:00,0,13047,United Kingdom',
  '536368,22752,damaged,-3,2010-12-01T08:34:00,0,13047,United Kingdom',
  'C536369,85123A,WHITE HANGING HEART,-4,2010-12-01T08:34:00,2.55,17850,United Kingdom',
  'C536369,22752,SET 7,-9,2010-12-01T08:34:00,7.65,17850,United Kingdom',
  'A563185,B,Adjust bad debt,1,2011-08-12T14:50:00,11062.06,,United Kingdom',
  '536370,PADS,PADS,1,2011-08-12T14:51:00,0.001,,United Kingdom',
  '536371,22752,SET 7,1,2011-08-12T14:51:00,7.650,,United Kingdom',
]

let shop: Shop
let inventory: pg.Client

beforeAll(async () => {
  const [catalog, stock, checkout] = await Promise.all([
    testDatabase('catalog'),
    testDatabase('inventory'),
    testDatabase('checkout'),
  ])
  shop = await startShop({
    folder: scratchFolder('replay'),
    gateways: 1,
    subgraphs: {
      catalog: { replicas: 1 },
      inventory: { replicas: 1 },
      checkout: { replicas: 1, settings: { PAYMENT_PROVIDER: 'local' } },
    },
    databases: { catalog, inventory: stock, checkout },
    durable: false,
    databasesMayBeLate: false,
    nodeOptions: {},
    whenDone,
  })
  inventory = new pg.Client(stock)
  await inventory.connect()
  whenDone(() => inventory.end())
}, 90_000)

async function run(lines: readonly string[], journal: string, abortAfter = Number.POSITIVE_INFINITY) {
  const folder = scratchFolder('file')
  const graph = openGraph(shop.gateways[0]?.url ?? '', shop.staffToken, 8)
  const end = new AbortController()
  mkdirSync(folder, { recursive: true })
  const file = join(folder, 'small.csv.gz')
  writeFileSync(file, gzipSync(`${[header, ...lines].join('\n')}\n`))
  try {
    return await replay({
      file,
      name: 'small',
      graph,
      journal: openJournal(journal),
      speed: Number.POSITIVE_INFINITY,
      limit: Number.POSITIVE_INFINITY,
      atOnce: 2,
      progress(_, __, invoices) {
        if (invoices >= abortAfter) end.abort()
      },
      signal: end.signal,
    })
  } finally {
    await graph.close()
  }
}

const onHand = async () => {
  const { rows } = await inventory.query<{ sku: string; units: number }>(
    'select sku, sum(on_hand)::int as units from stock_level group by sku order by sku',
  )
  return Object.fromEntries(rows.map(({ sku, units }) => [sku, units]))
}

test('an interrupted replay goes on, and in the end the orders are what the file says, once', async () => {
  const journal = join(scratchFolder('journal'), 'small.tsv')
  await run(rows, journal, 1)
  const report = await run(rows, journal)
  expect(report.firstProblems).toEqual([])
  const pence = 7 * 255 + 2 * 765 + 2_500 * 210 + 765
  expect(report).toMatchObject({ invoices: 3, orders: 5, lines: 5, fileTotal: pence, placedTotal: pence, equal: true })
  expect(report.placedBefore).toBeGreaterThan(0)
  expect(report).toMatchObject({ cancellations: 1, returnedLines: 1, returnedUnits: 4, returnedTotal: 4 * 255 })
  expect(Object.fromEntries(report.leftOut.map(({ reason, firstRow }) => [reason, firstRow]))).toEqual({
    'its price is zero': 5,
    'an invoice line whose quantity is not positive (damaged, lost or found goods)': 6,
    'a cancellation of more than was ordered before at this price': 8,
    'an adjustment of debts (its invoice begins with A)': 9,
    'its price has fractions of a penny': 10,
  })
  const left = { '22752 @ 7.65': 0, '85123A @ 2.10': 0, '85123A @ 2.55': 4 }
  await eventually('all is sold', async () => JSON.stringify(await onHand()) === JSON.stringify(left))
})

test('says which columns a file lacks', async () => {
  const journal = join(scratchFolder('journal'), 'none.tsv')
  const folder = scratchFolder('wrong')
  mkdirSync(folder, { recursive: true })
  const file = join(folder, 'wrong.csv')
  writeFileSync(file, 'id,title\n1,Mug\n')
  const graph = openGraph(shop.gateways[0]?.url ?? '', shop.staffToken, 1)
  const common = { name: 'wrong', graph, journal: openJournal(journal), speed: 1, limit: 1, atOnce: 1, progress() {} }
  await expect(replay({ ...common, file, signal: AbortSignal.timeout(5_000) })).rejects.toThrow(
    'it lacks InvoiceNo, StockCode, Description, Quantity, InvoiceDate, UnitPrice.',
  )
  await graph.close()
})
