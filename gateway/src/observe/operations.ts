import type { ApolloServerPlugin } from '@apollo/server'
import type { OperationDefinitionNode } from 'graphql'
import type { Result } from '../execute/operation.ts'
import type { Metrics, OperationType } from './metrics.ts'
import type { TraceContext } from './observer.ts'

/**
 * Watches operations on their way through Apollo Server: the spans of parsing and validating, and the count of those that did not
 * run. What runs is counted by `observeRun`, because not every request comes through here.
 */
export function observeOperations(metrics: Metrics): ApolloServerPlugin<TraceContext> {
  return {
    async requestDidStart({ contextValue: { trace } }) {
      const begun = performance.now()
      return {
        async parsingDidStart() {
          const span = trace?.phase('graphql.parse')
          return async (error) => span?.end(error && 'GRAPHQL_PARSE_FAILED')
        },
        async validationDidStart() {
          const span = trace?.phase('graphql.validate')
          return async (errors) => span?.end(errors && 'GRAPHQL_VALIDATION_FAILED')
        },
        async didResolveOperation({ operation }) {
          if (operation) trace?.operation(operation)
        },
        async willSendResponse({ response: { body }, operation }) {
          if (body.kind !== 'single' || body.singleResult.data !== undefined) return
          countRefused(metrics, operation?.operation ?? '', body.singleResult.errors ?? [], begun)
        },
      }
    },
  }
}

/** Counts an operation that did not run; `begun` is a time of `performance.now()`. */
export function countRefused(
  metrics: Metrics,
  type: OperationType,
  errors: readonly { extensions?: { [key: string]: unknown } | undefined }[],
  begun: number,
): void {
  metrics.operation(type, 'refused', performance.now() - begun)
  for (const error of errors) metrics.error(error.extensions?.code)
}

/** Counts one run of an operation, however many clients it answers, and records it as `graphql.execute`. */
export async function observeRun(
  metrics: Metrics,
  { operation }: OperationDefinitionNode,
  { trace }: TraceContext,
  run: () => Promise<Result>,
): Promise<Result> {
  const begun = performance.now()
  const span = trace?.phase('graphql.execute')
  try {
    const result = await run()
    const outcome = outcomeOf(result)
    metrics.operation(operation, outcome, performance.now() - begun)
    if (result.errors) for (const error of result.errors) metrics.error(error.extensions.code)
    span?.end(outcome === 'failed' ? String(result.errors?.[0]?.extensions.code) : undefined)
    return result
  } catch (error) {
    metrics.operation(operation, 'failed', performance.now() - begun)
    metrics.error('INTERNAL_SERVER_ERROR')
    span?.end('INTERNAL_SERVER_ERROR')
    throw error
  }
}

// Data comes last in an answer with errors: only an object ends with two braces.
function outcomeOf({ text, errors }: Result): 'ok' | 'partial' | 'failed' {
  if (!errors) return 'ok'
  return text.endsWith('}}') ? 'partial' : 'failed'
}
