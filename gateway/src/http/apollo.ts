import { ApolloServer, type ApolloServerPlugin } from '@apollo/server'
import { ApolloServerPluginLandingPageDisabled } from '@apollo/server/plugin/disabled'
import type { GatewayInterface } from '@apollo/server-gateway-interface'
import type { Logger } from '@commerce/service/log.ts'
import { GraphQLError } from 'graphql'
import { holdsData, resultOf } from '../execute/written.ts'
import type { Metrics } from '../observe/metrics.ts'
import { observeOperations } from '../observe/operations.ts'
import type { RequestContext } from './context.ts'
import { statusOf } from './negotiation.ts'

/** What Apollo Server's pipeline is set to. */
export interface PipelineOptions {
  gateway: GatewayInterface
  /** Whether clients may learn the schema: by introspection, or by "Did you mean …". */
  introspection: boolean
  metrics: Metrics
  log: Logger
}

/** Apollo Server as the pipeline of HTTP requests: parsing, validation, formats; the gateway executes. */
export function createPipeline({
  gateway,
  introspection,
  metrics,
  log,
}: PipelineOptions): ApolloServer<RequestContext> {
  return new ApolloServer<RequestContext>({
    gateway,
    introspection,
    validationOptions: { maxErrors: 10, hideSuggestions: !introspection },
    allowBatchedHttpRequests: false,
    csrfPrevention: true,
    persistedQueries: false,
    includeStacktraceInErrorResponses: false,
    stopOnTerminationSignals: false,
    stringifyResult: (value) => resultOf(value.data)?.text ?? JSON.stringify(value),
    plugins: [ApolloServerPluginLandingPageDisabled(), observeOperations(metrics), answerStatus],
    logger: { debug() {}, info() {}, warn: (message) => log.warn(message), error: (message) => log.error(message) },
    formatError(formatted, error) {
      if (formatted.extensions?.code === 'OPERATION_NOT_PLANNED' && error instanceof GraphQLError)
        log.error({ err: error.originalError }, 'an operation could not be planned')
      if (formatted.extensions?.code !== 'INTERNAL_SERVER_ERROR' || formatted.extensions.service !== undefined)
        return formatted
      log.error({ err: error }, 'an operation failed')
      return { ...formatted, message: 'The operation failed for a reason of our own.' }
    },
  })
}

/** Sets the status by what the answer holds; faults of ours and unfit methods keep theirs. */
const answerStatus: ApolloServerPlugin<RequestContext> = {
  async requestDidStart({ contextValue: { form } }) {
    return {
      async willSendResponse({ response: { body, http } }) {
        if (body.kind !== 'single') return
        const { data, errors } = body.singleResult
        const written = resultOf(data)
        const refused = http.status && http.status >= 400 ? http.status : undefined
        http.status = written
          ? statusOf(form, holdsData(written), written.errors)
          : statusOf(form, data !== undefined, errors, refused)
      },
    }
  },
}
