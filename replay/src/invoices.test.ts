import { expect, test } from 'vitest'
import { invoicesOf, ordersOf } from './invoices.ts'
import { type Line, readLine } from './lines.ts'

const row = {
  InvoiceNo: '1',
  StockCode: 'A',
  Description: 'a',
  Quantity: '2',
  InvoiceDate: '2010-12-01T08:26:00',
  UnitPrice: '2.5',
}
const line = (more: Partial<Line> = {}): Line => ({ ...(readLine(row, 1) as Line), ...more })

test('a price is pence, and part of the SKU', () => {
  expect(readLine(row, 7)).toMatchObject({ number: 7, sku: 'A @ 2.50', minorUnits: 250, isReturn: false })
  expect(readLine({ ...row, UnitPrice: '8142.75' }, 1)).toMatchObject({ minorUnits: 814_275 })
  expect(readLine({ ...row, UnitPrice: '2.500' }, 1)).toMatchObject({ minorUnits: 250 })
})

test.each([
  [{ Quantity: '1.5' }, 'it cannot be read'],
  [{ InvoiceDate: 'yesterday' }, 'it cannot be read'],
  [{ StockCode: ' ' }, 'it cannot be read'],
  [{ UnitPrice: '-11062.06' }, 'its price is negative'],
  [{ UnitPrice: '0.0' }, 'its price is zero'],
  [{ UnitPrice: '2.505' }, 'its price has fractions of a penny'],
  [{ Quantity: '0' }, 'an invoice line whose quantity is not positive'],
  [{ InvoiceNo: 'C1' }, 'a cancellation line whose quantity is not negative'],
  [{ InvoiceNo: 'A1' }, 'an adjustment of debts'],
])('%j is left out: %s', (more, reason) => {
  expect(readLine({ ...row, ...more }, 1)).toContain(reason)
})

test('lines that stand together are an invoice', async () => {
  async function* lines() {
    yield* [line(), line(), line({ invoice: '2' }), line({ number: 4 })]
  }
  const invoices = await Array.fromAsync(invoicesOf(lines()))
  expect(invoices.map(({ id, lines }) => [id, lines.length])).toEqual([
    ['1:1', 2],
    ['2:1', 1],
    ['1:4', 1],
  ])
})

test('an invoice is as many orders as carts are needed for it', () => {
  const invoice = { number: '1', id: '1:1', at: 0, isReturn: false }
  const many = Array.from({ length: 101 }, (_, i) =>
    line({ sku: `SKU ${i}`, quantity: i === 0 ? 2_000 : 1, minorUnits: 10 }),
  )
  const orders = ordersOf({ ...invoice, lines: [...many, line({ sku: 'SKU 1', minorUnits: 10 })] }, 'file')
  expect(orders.map(({ key, lines, total }) => [key, lines.length, total])).toEqual([
    ['file:1:1:1', 100, (999 + 3 + 98) * 10],
    ['file:1:1:2', 1, 10],
    ['file:1:1:3', 1, 9_990],
    ['file:1:1:4', 1, 20],
  ])
})
