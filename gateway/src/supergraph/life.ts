// Above the usual length because a supergraph's life is one story: loaded, built beside the old one, warmed, swapped.
import { setTimeout as delay } from 'node:timers/promises'
import type {
  GatewayExecutor,
  GatewayGraphQLRequestContext,
  GatewayInterface,
  GatewayLoadResult,
  GatewaySchemaLoadOrUpdateCallback,
  GatewayUnsubscriber,
} from '@apollo/server-gateway-interface'
import { StartError } from '@commerce/service/config.ts'
import type { Logger } from '@commerce/service/log.ts'
import { GraphQLError, type GraphQLSchema } from 'graphql'
import type { Unauthorized } from '../execute/operation.ts'
import { buildGraph, type Graph, partOf } from './graph.ts'
import type { Planner } from './planner.ts'
import type { Asked, PlanBounds } from './plans.ts'
import { sentenceOf } from './sentence.ts'
import type { Release, SupergraphSource } from './source.ts'
import { planAhead } from './warm.ts'

/** How the supergraph is found, and who runs its operations. */
export interface SupergraphOptions extends PlanBounds {
  source: SupergraphSource
  openPlanner(sdl: string): Promise<Planner>
  unauthorized: Unauthorized
  /** Operations that are planned before clients ask for them. */
  recorded(): readonly Asked[]
  log: Logger
  /** Makes ready what a graph needs before it becomes the current one. */
  prepare(graph: Graph): Promise<void>
  execute(graph: Graph, context: GatewayGraphQLRequestContext): ReturnType<GatewayExecutor>
}

/** Recorded operations are planned this long before the gateway says that it is ready, in milliseconds, and then beside its work. */
const bootWarmMs = 500
/** Of the operations in use, this many are planned on a new supergraph before it is taken over, within this time in milliseconds. */
const reloadWarm = { operations: 1_000, ms: 10_000 }
/** A release is not waited for longer than this, in milliseconds, whatever its time says: clocks may be wrong. */
const longestWaitMs = 60_000
const coolEveryMs = 60_000

/**
 * The supergraph's life. A new one is validated and its planner started in a thread of its own, the busiest operations of the old
 * one are planned, then it takes over between two requests; each request ends on the graph that it began with. One that
 * is not valid is told in one sentence, and the old one stays.
 */
export class LiveSupergraph implements GatewayInterface {
  readonly #options: SupergraphOptions
  /** A request stays with the graph whose schema it was validated against, also when a new one comes meanwhile. */
  readonly #graphs = new WeakMap<GraphQLSchema, Graph>()
  readonly #listeners = new Set<(graph: Graph) => void>()
  readonly #schemaListeners = new Set<GatewaySchemaLoadOrUpdateCallback>()
  readonly #urls = new Map<string, string>()
  readonly #ending = new AbortController()
  #current: Graph | undefined
  #sdl = ''
  #reloading: Promise<boolean> | undefined
  /** Set while a release is made ready; called when there may be a newer one. */
  #changed: AbortController | undefined
  #unwatch: (() => void) | undefined
  #cooling: NodeJS.Timeout | undefined

  constructor(options: SupergraphOptions) {
    this.#options = options
  }

  /** The graph that new operations run on; undefined before `load`. */
  get current(): Graph | undefined {
    return this.#current
  }

  /** The same for those of a contract; undefined when there is none of that name (any more). */
  part(contract: string | undefined): Graph | undefined {
    return this.#current && partOf(this.#current, contract)
  }

  /** A request of a contract, on its way through a pipeline of its own, runs as any other does. */
  get executor(): GatewayExecutor {
    return (context) => this.#options.execute(this.#graphs.get(context.schema) ?? (this.#current as Graph), context)
  }

  /** Where a subgraph is; one that is in the graph no more is still known, for the requests that began before. */
  urlOf(service: string): string | undefined {
    return this.#urls.get(service)
  }

  /** Tells of each graph that replaces another, after it became the current one. */
  onReplaced(listener: (graph: Graph) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  onSchemaLoadOrUpdate(callback: GatewaySchemaLoadOrUpdateCallback): GatewayUnsubscriber {
    this.#schemaListeners.add(callback)
    return () => this.#schemaListeners.delete(callback)
  }

  async load(): Promise<GatewayLoadResult> {
    const { source } = this.#options
    const { sdl } = await source.read()
    const graph = await this.#build(sdl).catch((error: unknown) => {
      throw new StartError(`The supergraph ${source.place} is not valid: ${sentenceOf(error)}`)
    })
    await this.#options.prepare(graph)
    this.#install(graph, sdl)
    await Promise.race([this.#planRecorded(graph), delay(bootWarmMs)])
    this.#unwatch = source.watch(() => void this.reload())
    // What came since the first look.
    void this.reload()
    this.#cooling = setInterval(() => this.#current?.operations.cool(), coolEveryMs).unref()
    return { executor: this.executor }
  }

  /** Takes over the newest release; resolves to whether it is valid, when it is the current one. */
  reload(): Promise<boolean> {
    this.#changed?.abort()
    this.#reloading ??= this.#takeNewest().finally(() => {
      this.#reloading = undefined
    })
    return this.#reloading
  }

  async stop(): Promise<void> {
    this.#ending.abort()
    this.#unwatch?.()
    clearInterval(this.#cooling)
    this.#changed?.abort()
    await this.#reloading
    await this.#options.source.close()
    await this.#current?.planner.close()
  }

  async #planRecorded(graph: Graph): Promise<void> {
    const { log } = this.#options
    const recorded = this.#options.recorded()
    if (recorded.length === 0) return
    const planned = await planAhead(graph, recorded, this.#ending.signal)
    log.info(`Of ${recorded.length} recorded operations ${planned} are valid and planned.`)
  }

  /** One at a time; when a newer release comes before the swap, that one instead. */
  async #takeNewest(): Promise<boolean> {
    const { source, log } = this.#options
    for (;;) {
      const changed = new AbortController()
      this.#changed = changed
      let graph: Graph | undefined
      try {
        const release = await source.read()
        if (this.#ending.signal.aborted) return false
        if (release.sdl === this.#sdl) return true
        graph = await this.#build(release.sdl)
        await this.#makeReady(graph, release, changed.signal)
        await this.#options.prepare(graph)
        if (!changed.signal.aborted) {
          this.#swap(graph, release.sdl)
          log.info(
            `The supergraph ${source.place} is replaced, with ${graph.operations.size().operations} operations planned before.`,
          )
          return true
        }
        await graph.planner.close()
      } catch (error) {
        await graph?.planner.close()
        if (!changed.signal.aborted) {
          log.error(`The new supergraph ${source.place} is not valid, the old one stays: ${sentenceOf(error)}`)
          return false
        }
      }
    }
  }

  /** Plans what is in use, and waits for the release's time. */
  async #makeReady(graph: Graph, { swapAt }: Release, changed: AbortSignal): Promise<void> {
    const busiest = this.#current?.operations.busiest(reloadWarm.operations) ?? []
    const late = AbortSignal.timeout(reloadWarm.ms)
    await planAhead(graph, [...busiest, ...this.#options.recorded()], AbortSignal.any([changed, late]))
    const wait = Math.min((swapAt ?? 0) - Date.now(), longestWaitMs)
    if (wait > 0) await delay(wait, undefined, { signal: changed, ref: false }).catch(() => {})
  }

  #swap(graph: Graph, sdl: string): void {
    const old = this.#current
    this.#install(graph, sdl)
    // Requests that began on it may still need a plan.
    old?.planner.rest()
    for (const listener of this.#listeners) listener(graph)
  }

  #install(graph: Graph, sdl: string): void {
    for (const one of [graph, ...graph.contracts.values()]) this.#graphs.set(one.apiSchema, one)
    for (const [service, url] of graph.urls) this.#urls.set(service, url)
    this.#current = graph
    this.#sdl = sdl
    for (const tell of this.#schemaListeners) tell({ apiSchema: graph.apiSchema, coreSupergraphSdl: sdl })
  }

  async #build(sdl: string): Promise<Graph> {
    const planner = await this.#options.openPlanner(sdl)
    try {
      return buildGraph(sdl, planner, this.#options)
    } catch (error) {
      await planner.close()
      throw error
    }
  }
}

/** What a client is told that asks a contract which was taken away while it stayed connected. */
export function contractGone(contract: string | undefined): GraphQLError {
  return new GraphQLError(`The graph has no contract "${contract}" any more.`, { extensions: { code: 'NOT_FOUND' } })
}
