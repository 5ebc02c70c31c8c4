import { setTimeout as pause } from 'node:timers/promises'
import { linesOf } from './file.ts'
import { goodsIn, stockShelves } from './goods.ts'
import type { Graph } from './graph.ts'
import { type Invoice, invoicesOf, ordersOf } from './invoices.ts'
import type { Journal } from './journal.ts'
import type { Line } from './lines.ts'
import { placeOrder, takeBack } from './orders.ts'
import { inParallel } from './parallel.ts'
import { createReport, type Report } from './report.ts'

export interface ReplayOptions {
  file: string
  /** Names the file's orders in idempotency keys. */
  name: string
  graph: Graph
  journal: Journal
  /** How many times faster than it was; infinite is as fast as the graph answers. */
  speed: number
  /** Ends after so many invoices. */
  limit: number
  /** How many invoices are dealt with at the same time. */
  atOnce: number
  /** Told what is done now and how much of it, from 0 to 1. */
  progress(what: string, share: number, invoices: number): void
  signal: AbortSignal
}

/**
 * Reads the file twice: first for what is sold in it and how often, which goes into the catalog and the stock, then for its invoices, which are
 * placed as orders in their order in time. Never holds more of it than its range of goods and what is under way.
 */
export async function replay(options: ReplayOptions): Promise<Report> {
  const { file, name, graph, journal, limit, atOnce, progress, signal } = options
  const goods = await goodsIn(
    linesUntil(limit, linesOf(file, { leftOut() {}, read: (share) => progress('reading', share, 0) })),
  )
  await stockShelves(graph, [...goods.values()], { name, atOnce, done: (share) => progress('stocking', share, 0) })

  const report = createReport()
  const { sums } = report
  const began = performance.now()
  let share = 0
  const lines = linesOf(file, { leftOut: report.leaveOut, read: (read) => (share = read) })
  const inTime = paced(invoicesOf(linesUntil(limit, lines)), options.speed, signal)
  const ordered = new Map<string, number>()
  await inParallel(atOnce, inTime, async (invoice) => {
    if (invoice.isReturn) await cancel(invoice)
    else await order(invoice)
    progress('ordering', Math.max(share, (sums.invoices + sums.cancellations) / limit), sums.invoices)
  })
  return report.end(file, (performance.now() - began) / 1_000)

  async function order(invoice: Invoice): Promise<void> {
    sums.invoices++
    sums.lines += invoice.lines.length
    for (const { sku, quantity } of invoice.lines) ordered.set(sku, (ordered.get(sku) ?? 0) + quantity)
    let placed = 0
    for (const wanted of ordersOf(invoice, name)) {
      const sentAt = performance.now()
      const result = await placeOrder(graph, journal, wanted)
      if ('failure' in result) {
        report.fail(`order ${wanted.key}`, result.failure)
        continue
      }
      sums.orders++
      if (result.again) sums.placedBefore++
      placed += result.total
      report.placedIn(performance.now() - sentAt)
    }
    const asked = invoice.lines.reduce((sum, { quantity, minorUnits }) => sum + quantity * minorUnits, 0)
    report.invoice(invoice.number, asked, placed)
  }

  async function cancel({ lines }: Invoice): Promise<void> {
    sums.cancellations++
    // Decided for all of them before anything is awaited: so the order of the file decides, not who is faster.
    const returned = lines.filter((line) => {
      const { sku, quantity, number } = line
      const left = (ordered.get(sku) ?? 0) - quantity
      if (left < 0) report.leaveOut('a cancellation of more than was ordered before at this price', number)
      else ordered.set(sku, left)
      return left >= 0
    })
    for (const line of returned) {
      const refused = await takeBack(graph, line, name)
      if (refused !== null) {
        report.fail(`return in row ${line.number}`, refused)
        continue
      }
      sums.returnedLines++
      sums.returnedUnits += line.quantity
      sums.returnedTotal += line.quantity * line.minorUnits
    }
  }
}

/** The lines of so many invoices. */
async function* linesUntil(invoices: number, lines: AsyncIterable<Line>): AsyncGenerator<Line, void, undefined> {
  let current = ''
  let seen = 0
  for await (const line of lines) {
    if (line.invoice !== current && ++seen > invoices) return
    current = line.invoice
    yield line
  }
}

/** Each invoice when its time has come, until it is aborted. */
async function* paced(
  invoices: AsyncIterable<Invoice>,
  speed: number,
  signal: AbortSignal,
): AsyncGenerator<Invoice, void, undefined> {
  const began = performance.now()
  let first: number | undefined
  for await (const invoice of invoices) {
    first ??= invoice.at
    const due = began + (invoice.at - first) / speed
    const wait = due - performance.now()
    if (wait > 0) await pause(wait, undefined, { signal }).catch(() => {})
    if (signal.aborted) return
    yield invoice
  }
}
