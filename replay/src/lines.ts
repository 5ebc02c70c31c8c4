import { isSku } from '@commerce/service/sku.ts'

/** The columns of the file, as its first row names them. */
export const COLUMNS = ['InvoiceNo', 'StockCode', 'Description', 'Quantity', 'InvoiceDate', 'UnitPrice'] as const

export type Row = Readonly<Record<(typeof COLUMNS)[number], string>>

/** A line of an invoice that can be ordered, or that takes back what was. */
export interface Line {
  /** Which row of the file it is, from 1. */
  number: number
  invoice: string
  /** Milliseconds since 1970. */
  at: number
  code: string
  description: string
  /** What the shop sells it as: a code has had many prices, and a SKU has one. */
  sku: string
  /** Positive. */
  quantity: number
  /** Of one, in pence. */
  minorUnits: number
  isReturn: boolean
}

/** Why a line is neither ordered nor returned. */
export type Reason =
  | 'it cannot be read: a column is missing or is no number, date or SKU'
  | 'an adjustment of debts (its invoice begins with A)'
  | 'an invoice line whose quantity is not positive (damaged, lost or found goods)'
  | 'a cancellation line whose quantity is not negative'
  | 'its price is zero'
  | 'its price is negative'
  | 'its price has fractions of a penny'
  | 'a cancellation of more than was ordered before at this price'

/** What a row of the file is. */
export function readLine(row: Row, number: number): Line | Reason {
  const { InvoiceNo: invoice, StockCode: code, Description: description } = row
  const price = /^(-?)(\d{1,9})(?:\.(\d+))?$/.exec(row.UnitPrice ?? '')
  const at = Date.parse(`${row.InvoiceDate}Z`)
  if (!invoice || !code || !price || !/^-?\d{1,9}$/.test(row.Quantity ?? '') || Number.isNaN(at)) return UNREADABLE
  if (invoice.startsWith('A')) return 'an adjustment of debts (its invoice begins with A)'
  const isReturn = invoice.startsWith('C')
  const quantity = Number(row.Quantity) * (isReturn ? -1 : 1)
  if (quantity <= 0) {
    return isReturn
      ? 'a cancellation line whose quantity is not negative'
      : 'an invoice line whose quantity is not positive (damaged, lost or found goods)'
  }
  const [, minus, pounds = '0', fraction = ''] = price
  if (/^\d\d0*[1-9]/.test(fraction)) return 'its price has fractions of a penny'
  const minorUnits = Number(pounds) * 100 + Number(fraction.slice(0, 2).padEnd(2, '0'))
  if (minorUnits === 0) return 'its price is zero'
  if (minus) return 'its price is negative'
  const sku = `${code} @ ${amountOf(minorUnits)}`
  if (!isSku(sku)) return UNREADABLE
  return { number, invoice, at, code, description: description.trim(), sku, quantity, minorUnits, isReturn }
}

const UNREADABLE = 'it cannot be read: a column is missing or is no number, date or SKU'

/** Pence as people write pounds: "2.55". */
export function amountOf(minorUnits: number): string {
  return (minorUnits / 100).toFixed(2)
}
