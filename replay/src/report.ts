import { createHistogram } from 'node:perf_hooks'
import { amountOf, type Reason } from './lines.ts'

const WRITTEN = 20

/** Adds up what a replay did. Amounts are in pence. */
export function createReport() {
  const leftOut = new Map<Reason, { lines: number; first: number }>()
  const took = createHistogram()
  const sums = {
    invoices: 0,
    lines: 0,
    orders: 0,
    placedBefore: 0,
    fileTotal: 0,
    placedTotal: 0,
    cancellations: 0,
    returnedLines: 0,
    returnedUnits: 0,
    returnedTotal: 0,
    failures: 0,
    differences: 0,
  }
  const firstProblems: string[] = []
  const problem = (text: string): void => {
    if (firstProblems.length < WRITTEN) firstProblems.push(text)
  }
  return {
    sums,
    leaveOut(reason: Reason, number: number): void {
      const known = leftOut.get(reason)
      if (known) known.lines++
      else leftOut.set(reason, { lines: 1, first: number })
    },
    /** An order was placed after so many milliseconds. */
    placedIn: (ms: number) => took.record(Math.max(1, Math.round(ms))),
    /** An invoice was dealt with: what the file asks for it, and the sum of its orders. */
    invoice(number: string, file: number, placed: number): void {
      sums.fileTotal += file
      sums.placedTotal += placed
      if (file === placed) return
      sums.differences++
      problem(`invoice ${number}: the file has ${amountOf(file)}, the orders have ${amountOf(placed)}`)
    },
    fail(what: string, why: string): void {
      sums.failures++
      problem(`${what}: ${why}`)
    },
    end: (file: string, seconds: number) => ({
      name: 'replay',
      file,
      seconds: Math.round(seconds * 10) / 10,
      ordersPerSecond: Math.round((sums.orders / Math.max(0.001, seconds)) * 10) / 10,
      placedP50Ms: took.count > 0 ? took.percentile(50) : null,
      placedP99Ms: took.count > 0 ? took.percentile(99) : null,
      ...sums,
      equal: sums.failures === 0 && sums.differences === 0 && sums.fileTotal === sums.placedTotal,
      leftOut: [...leftOut].map(([reason, { lines, first }]) => ({ reason, lines, firstRow: first })),
      firstProblems,
    }),
  }
}

export type ReportSoFar = ReturnType<typeof createReport>
export type Report = ReturnType<ReportSoFar['end']>

/** The report for people. */
export function reportAsText(report: Report): string {
  const { lines, invoices, orders, placedBefore, seconds, ordersPerSecond, placedP50Ms, placedP99Ms } = report
  return [
    `${lines} lines of ${invoices} invoices became ${orders} orders in ${seconds} s (${ordersPerSecond}/s, p50 ${placedP50Ms} ms, p99 ${placedP99Ms} ms)` +
      (placedBefore > 0 ? `, ${placedBefore} of them in an earlier run` : ''),
    `the file asks for ${amountOf(report.fileTotal)}, the orders sum up to ${amountOf(report.placedTotal)}: ${report.equal ? 'equal, invoice by invoice' : 'NOT equal'}`,
    `${report.returnedLines} lines of ${report.cancellations} cancellations, ${report.returnedUnits} units worth ${amountOf(report.returnedTotal)}, went back into the stock`,
    ...report.leftOut.map(
      ({ reason, lines, firstRow }) => `left out: ${lines} lines, the first in row ${firstRow}: ${reason}`,
    ),
    ...report.firstProblems,
  ].join('\n')
}
