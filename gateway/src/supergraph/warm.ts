import { setImmediate as turn } from 'node:timers/promises'
import { parse, validate } from 'graphql'
import { type Graph, partOf } from './graph.ts'
import type { Asked } from './plans.ts'

/** How many of the operations are planned at once: what clients ask meanwhile waits behind these few only. */
const atOnce = 2

/**
 * Plans operations before anyone asks for them, in their order, until all are planned or `ended`; resolves to how many were. One
 * that is not valid on this graph (any more) is passed over.
 */
export async function planAhead(graph: Graph, operations: readonly Asked[], ended: AbortSignal): Promise<number> {
  let next = 0
  let planned = 0
  const work = async () => {
    for (let asked = operations[next++]; asked && !ended.aborted; asked = operations[next++]) {
      if (await plan(graph, asked)) planned++
      // Requests get their turn: nothing is waited for where an operation is not valid any more.
      await turn()
    }
  }
  await Promise.all(Array.from({ length: atOnce }, work))
  return planned
}

async function plan(whole: Graph, { source, operationName, contract }: Asked): Promise<boolean> {
  try {
    const graph = partOf(whole, contract)
    if (!graph) return false
    const document = parse(source)
    if (validate(graph.apiSchema, document, undefined, { maxErrors: 1 }).length > 0) return false
    await graph.operation(document, source, operationName)
    return true
  } catch {
    // Whoever asks for it will be told why.
    return false
  }
}
