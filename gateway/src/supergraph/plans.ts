import type { DocumentNode } from 'graphql'
import { LRUCache } from 'lru-cache'
import type { Operation } from '../execute/operation.ts'

/** Remembers compiled operations by text and name, the least used forgotten first; failures are not remembered. */
export function planCache(
  bounds: { maxPlans: number; maxPlannedText: number },
  compile: (document: DocumentNode, operationName: string | undefined) => Operation,
): (document: DocumentNode, source: string, operationName: string | undefined) => Operation {
  const known = new LRUCache<string, Operation>({
    max: bounds.maxPlans,
    maxSize: bounds.maxPlannedText,
    sizeCalculation: (_operation, key) => key.length,
  })
  return (document, source, operationName) => {
    const key = `${operationName ?? ''}\n${source}`
    let operation = known.get(key)
    if (!operation) {
      operation = compile(document, operationName)
      known.set(key, operation)
    }
    return operation
  }
}
