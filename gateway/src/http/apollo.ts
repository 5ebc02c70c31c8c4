import { ApolloServer } from '@apollo/server'
import { ApolloServerPluginLandingPageDisabled } from '@apollo/server/plugin/disabled'
import type { GatewayInterface } from '@apollo/server-gateway-interface'
import type { Logger } from '@commerce/service/log.ts'
import type { OperationLimits } from '../config.ts'
import { textOf } from '../execute/written.ts'
import type { RequestContext } from './context.ts'
import { withinLimits } from './limits.ts'

/** What Apollo Server's pipeline is set to. */
export interface PipelineOptions {
  gateway: GatewayInterface
  introspection: boolean
  limits: OperationLimits
  log: Logger
}

/** Apollo Server as the pipeline of HTTP requests: parsing, validation, formats; the gateway executes. */
export function createPipeline({ gateway, introspection, limits, log }: PipelineOptions): ApolloServer<RequestContext> {
  return new ApolloServer<RequestContext>({
    gateway,
    introspection,
    parseOptions: { maxTokens: limits.tokens },
    validationRules: [withinLimits(limits)],
    validationOptions: { maxErrors: 10 },
    allowBatchedHttpRequests: false,
    csrfPrevention: true,
    persistedQueries: false,
    includeStacktraceInErrorResponses: false,
    stopOnTerminationSignals: false,
    stringifyResult: (value) => textOf(value.data) ?? JSON.stringify(value),
    plugins: [ApolloServerPluginLandingPageDisabled()],
    logger: { debug() {}, info() {}, warn: (message) => log.warn(message), error: (message) => log.error(message) },
    formatError(formatted, error) {
      if (formatted.extensions?.code !== 'INTERNAL_SERVER_ERROR' || formatted.extensions.service !== undefined)
        return formatted
      log.error({ err: error }, 'an operation failed')
      return { ...formatted, message: 'The operation failed for a reason of our own.' }
    },
  })
}
