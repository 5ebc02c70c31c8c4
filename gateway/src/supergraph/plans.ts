import type { DocumentNode } from 'graphql'
import { LRUCache } from 'lru-cache'
import type { Operation } from '../execute/operation.ts'

/** An operation as it was asked for. */
export interface Asked {
  source: string
  operationName: string | undefined
}

/** How much is remembered. */
export interface PlanBounds {
  /** Operations that stay compiled. */
  maxPlans: number
  /** Bytes of memory that they may take, estimated. */
  maxPlanBytes: number
}

/** Operations of one graph, each compiled once. */
export interface OperationCache {
  /** The compiled operation; one that is being compiled is waited for. What fails is not remembered. */
  get(document: DocumentNode, source: string, operationName: string | undefined): Promise<Operation>
  /** The operations that were used most, lately more than long ago, the busiest first. */
  busiest(count: number): Asked[]
  /** Halves what counts as use up to now. */
  cool(): void
  size(): { operations: number; bytes: number }
}

interface Entry extends Asked {
  operation: Operation
  /** The same, made once: what is known costs no promise. */
  promise: Promise<Operation>
}

/** Remembers compiled operations by text and name, the least used forgotten first; `compile` also tells an operation's bytes. */
export function operationCache(
  bounds: PlanBounds,
  compile: (
    document: DocumentNode,
    source: string,
    operationName: string | undefined,
  ) => Promise<{ operation: Operation; bytes: number }>,
): OperationCache {
  const known = new LRUCache<string, Entry>({ max: bounds.maxPlans, maxSize: bounds.maxPlanBytes })
  const compiling = new Map<string, Promise<Operation>>()

  async function start(key: string, document: DocumentNode, asked: Asked): Promise<Operation> {
    try {
      const { operation, bytes } = await compile(document, asked.source, asked.operationName)
      known.set(key, { ...asked, operation, promise: Promise.resolve(operation) }, { size: bytes })
      return operation
    } finally {
      compiling.delete(key)
    }
  }

  return {
    get(document, source, operationName) {
      const key = keyOf(source, operationName)
      const entry = known.get(key)
      if (entry) return entry.promise
      let operation = compiling.get(key)
      if (!operation) {
        operation = start(key, document, { source, operationName })
        compiling.set(key, operation)
      }
      return operation
    },
    busiest(count) {
      const entries = [...known.values()].sort((a, b) => b.operation.uses - a.operation.uses)
      return entries.slice(0, count).map(({ source, operationName }) => ({ source, operationName }))
    },
    cool() {
      for (const { operation } of known.values()) operation.uses >>= 1
    },
    size: () => ({ operations: known.size, bytes: known.calculatedSize }),
  }
}

/** No document starts with NUL, so a name is never mistaken for a part of the text. */
function keyOf(source: string, operationName: string | undefined): string {
  return operationName === undefined ? source : `\0${operationName.length}:${operationName}${source}`
}
