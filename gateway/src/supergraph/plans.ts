import type { DocumentNode } from 'graphql'
import { LRUCache } from 'lru-cache'
import type { Operation } from '../execute/operation.ts'

/** An operation as it was asked for. */
export interface Asked {
  source: string
  operationName: string | undefined
  /** The contract on which it was asked; none is the whole API. */
  contract?: string | undefined
}

/** How much is remembered. */
export interface PlanBounds {
  /** Operations that stay compiled. */
  maxPlans: number
  /** Bytes of memory that they may take, estimated. */
  maxPlanBytes: number
  /** Told of each operation that was compiled, or could not be, and how long that took in milliseconds. */
  planned?: ((outcome: 'ok' | 'failed', ms: number) => void) | undefined
}

/** Operations of one graph, each compiled once. */
export interface OperationCache {
  /** The compiled operation; one that is being compiled is waited for. What fails is not remembered. */
  get(document: DocumentNode, asked: Asked): Promise<Operation>
  /** The operations that were used most, lately more than long ago, the busiest first. */
  busiest(count: number): Asked[]
  /** The operation of the same text and name as one of another graph, when it is compiled. */
  sameAs(operation: Operation): Operation | undefined
  /** Counts a run of an operation: one that is recognised by its bytes is not looked up here, and must not be forgotten for that. */
  used(operation: Operation): void
  /** Halves what counts as use up to now. */
  cool(): void
  size(): { operations: number; bytes: number }
  /** How often an operation was asked for that was there, or was not. */
  readonly lookups: Readonly<{ hits: number; misses: number }>
}

/** What the operations of all graphs were asked as. */
const askedAs = new WeakMap<Operation, Asked & { key: string }>()

interface Entry extends Asked {
  operation: Operation
  /** The same, made once: what is known costs no promise. */
  promise: Promise<Operation>
}

/**
 * Remembers compiled operations by text and name, the least used forgotten first; `compile` also tells an operation's bytes, and
 * later, by `grew`, how many more it takes, or fewer.
 */
export function operationCache(
  bounds: PlanBounds,
  compile: (
    document: DocumentNode,
    asked: Asked,
    grew: (bytes: number) => void,
  ) => Promise<{ operation: Operation; bytes: number }>,
): OperationCache {
  const known = new LRUCache<string, Entry>({ max: bounds.maxPlans, maxSize: bounds.maxPlanBytes })
  const compiling = new Map<string, Promise<Operation>>()
  const lookups = { hits: 0, misses: 0 }

  async function start(key: string, document: DocumentNode, asked: Asked): Promise<Operation> {
    const begun = performance.now()
    let outcome: 'ok' | 'failed' = 'failed'
    try {
      const compiled = await compile(document, asked, (more) => {
        size += more
        const entry = known.peek(key)
        // The cache takes a new size only with a new value.
        if (entry && entry.operation === operation) known.set(key, { ...entry }, { size })
      })
      const { operation } = compiled
      let size = compiled.bytes
      askedAs.set(operation, { ...asked, key })
      known.set(key, { ...asked, operation, promise: Promise.resolve(operation) }, { size })
      outcome = 'ok'
      return operation
    } finally {
      compiling.delete(key)
      bounds.planned?.(outcome, performance.now() - begun)
    }
  }

  return {
    get(document, asked) {
      const key = keyOf(asked)
      const entry = known.get(key)
      if (entry) {
        lookups.hits++
        entry.operation.uses++
        return entry.promise
      }
      lookups.misses++
      let operation = compiling.get(key)
      if (!operation) {
        operation = start(key, document, asked)
        compiling.set(key, operation)
      }
      return operation
    },
    busiest(count) {
      const entries = [...known.values()].sort((a, b) => b.operation.uses - a.operation.uses)
      return entries.slice(0, count).map(({ source, operationName, contract }) => ({ source, operationName, contract }))
    },
    sameAs(operation) {
      const asked = askedAs.get(operation)
      return asked && known.get(asked.key)?.operation
    },
    used(operation) {
      // Every time would cost more than the order of the forgotten is worth.
      if (operation.uses++ % 16 === 0) known.get(askedAs.get(operation)?.key ?? '')
    },
    cool() {
      for (const { operation } of known.values()) operation.uses >>= 1
    },
    size: () => ({ operations: known.size, bytes: known.calculatedSize }),
    lookups,
  }
}

/** No document starts with NUL, so a name is never mistaken for a part of the text. */
function keyOf({ source, operationName, contract }: Asked): string {
  const named = operationName === undefined ? source : `\0${operationName.length}:${operationName}${source}`
  return contract === undefined ? named : `\0${contract}\0${named}`
}
