import { ApolloGateway } from '@apollo/gateway'
import type {
  GatewayApolloConfig,
  GatewaySchemaLoadOrUpdateCallback,
  GatewayUnsubscriber,
} from '@apollo/server-gateway-interface'
import type { Logger } from '@commerce/service/log.ts'
import { withoutPurposes } from './features.ts'

/** `ApolloGateway` as what tells Apollo Server of each supergraph; it plans and runs nothing. */
export interface StockGateway {
  load(sdl: string, apollo: GatewayApolloConfig): Promise<void>
  /** Takes over another supergraph and tells everyone before it returns. */
  update(sdl: string): void
  onSchema(callback: GatewaySchemaLoadOrUpdateCallback): GatewayUnsubscriber
  stop(): Promise<void>
}

/** Makes a gateway that has loaded nothing yet. */
export function stockGateway(log: Logger): StockGateway {
  // biome-ignore lint/style/noProcessEnv: the library sends telemetry unless its environment says no, and has no option for it
  process.env.APOLLO_TELEMETRY_DISABLED = '1'
  let first = ''
  let take: ((sdl: string) => void) | undefined
  let count = 0
  const gateway = new ApolloGateway({
    logger: { debug() {}, info() {}, warn: (message) => log.warn(message), error: (message) => log.error(message) },
    // The planner's thread has validated it, and here it would stop every request meanwhile.
    validateSupergraph: false,
    supergraphSdl: async ({ update }) => {
      take = update
      return { supergraphSdl: first }
    },
  })
  return {
    async load(sdl, apollo) {
      first = withoutPurposes(sdl)
      await gateway.load({ apollo })
    },
    // Without the number, a supergraph that differs in a purpose only would be taken for the same and told to nobody.
    update: (sdl) => take?.(`${withoutPurposes(sdl)}\n# ${++count}`),
    onSchema: (callback) => gateway.onSchemaLoadOrUpdate(callback),
    stop: () => gateway.stop(),
  }
}
