import { unwatchFile, watchFile } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { ApolloGateway } from '@apollo/gateway'
import type {
  GatewayApolloConfig,
  GatewayExecutor,
  GatewayGraphQLRequestContext,
  GatewayInterface,
  GatewayLoadResult,
  GatewaySchemaLoadOrUpdateCallback,
  GatewayUnsubscriber,
} from '@apollo/server-gateway-interface'
import type { Logger } from '@commerce/service/log.ts'
import type { GraphQLSchema } from 'graphql'
import { buildGraph, type Graph, type GraphOptions, withoutHarmlessPurposes } from './graph.ts'

/** How the supergraph is found, and who runs its operations. */
export interface SupergraphOptions extends GraphOptions {
  file: string
  /** How often the file is looked at, in milliseconds; 0 is never. */
  watchMs: number
  log: Logger
  execute(graph: Graph, context: GatewayGraphQLRequestContext): ReturnType<GatewayExecutor>
}

/**
 * The supergraph's life: `ApolloGateway` loads, validates and replaces it, and Apollo Server hears of it from there; the
 * executor is ours. A new file that is not a valid supergraph is told in one sentence, and the old one stays.
 */
export class LiveSupergraph implements GatewayInterface {
  readonly #options: SupergraphOptions
  readonly #stock: ApolloGateway
  /** A request stays with the graph whose schema it was validated against, also when a new one comes meanwhile. */
  readonly #graphs = new WeakMap<GraphQLSchema, Graph>()
  readonly #listeners = new Set<(graph: Graph) => void>()
  #current: Graph | undefined
  #text = ''
  #update: ((sdl: string) => void) | undefined

  constructor(options: SupergraphOptions) {
    this.#options = options
    // biome-ignore lint/style/noProcessEnv: the library sends telemetry unless its environment says no, and has no option for it
    process.env.APOLLO_TELEMETRY_DISABLED = '1'
    const { log } = options
    this.#stock = new ApolloGateway({
      logger: { debug() {}, info() {}, warn: (message) => log.warn(message), error: (message) => log.error(message) },
      validateSupergraph: true,
      supergraphSdl: async ({ update }) => {
        this.#update = update
        this.#text = await this.#read()
        return { supergraphSdl: withoutHarmlessPurposes(this.#text) }
      },
    })
    this.#stock.onSchemaLoadOrUpdate(({ apiSchema, coreSupergraphSdl }) => {
      const graph = buildGraph(coreSupergraphSdl, options)
      this.#graphs.set(apiSchema, graph)
      this.#current = graph
      for (const listener of this.#listeners) listener(graph)
    })
  }

  /** The graph that new operations run on; undefined before `load`. */
  get current(): Graph | undefined {
    return this.#current
  }

  /** Tells of each graph that replaces another, after it became the current one. */
  onReplaced(listener: (graph: Graph) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  onSchemaLoadOrUpdate(callback: GatewaySchemaLoadOrUpdateCallback): GatewayUnsubscriber {
    return this.#stock.onSchemaLoadOrUpdate(callback)
  }

  async load(options: { apollo: GatewayApolloConfig }): Promise<GatewayLoadResult> {
    await this.#stock.load(options)
    if (!this.#current) throw new Error(`The supergraph in ${this.#options.file} cannot be planned.`)
    const { file, watchMs } = this.#options
    // A look at the file's time also sees renames and network folders, which notifications miss.
    if (watchMs > 0) watchFile(file, { interval: watchMs, persistent: false }, this.#changed)
    return {
      executor: (context) =>
        this.#options.execute(this.#graphs.get(context.schema) ?? (this.#current as Graph), context),
    }
  }

  /** Reads the file again and takes it over when it is a valid supergraph; resolves to whether it is the current one now. */
  async reload(): Promise<boolean> {
    const { file, log } = this.#options
    try {
      const text = await this.#read()
      if (text === this.#text) return true
      const sdl = withoutHarmlessPurposes(text)
      // Stock parts would half switch before they fail, so the new graph is tried first.
      buildGraph(sdl, this.#options)
      this.#update?.(sdl)
      this.#text = text
      log.info({ file }, 'supergraph replaced')
      return true
    } catch (error) {
      log.error(`The new supergraph in ${file} is not valid, the old one stays: ${firstLine(error)}`)
      return false
    }
  }

  async stop(): Promise<void> {
    unwatchFile(this.#options.file, this.#changed)
    await this.#stock.stop()
  }

  readonly #changed = () => void this.reload()

  async #read(): Promise<string> {
    try {
      return await readFile(this.#options.file, 'utf8')
    } catch (error) {
      throw new Error(`The supergraph cannot be read: ${firstLine(error)}. Compose it first, or say where it is.`)
    }
  }
}

function firstLine(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)
  const [first = '', second] = message.split('\n').map((line) => line.trim())
  return first.endsWith(':') && second ? `${first} ${second}` : first
}
