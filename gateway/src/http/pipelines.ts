import type { ApolloServer } from '@apollo/server'
import type {
  GatewayExecutor,
  GatewayInterface,
  GatewaySchemaLoadOrUpdateCallback,
} from '@apollo/server-gateway-interface'
import type { GraphQLSchema } from 'graphql'
import type { Graph } from '../supergraph/graph.ts'
import type { LiveSupergraph } from '../supergraph/life.ts'
import { createPipeline, type PipelineOptions } from './apollo.ts'
import type { RequestContext } from './context.ts'

/** The pipeline of the whole API, and one for each contract. */
export interface Pipelines {
  /** Undefined when the graph has no contract of that name (any more). */
  of(contract: string | undefined): ApolloServer<RequestContext> | undefined
  start(): Promise<void>
  /** Starts those of a graph's new contracts; nobody asks for them before it is the current one. */
  prepare(graph: Graph): Promise<void>
  stop(): Promise<void>
}

interface ContractPipeline {
  pipeline: ApolloServer<RequestContext>
  gateway: ContractGateway
}

/** Pipelines that follow the supergraph: those of contracts come and go with it. */
export function openPipelines(supergraph: LiveSupergraph, options: Omit<PipelineOptions, 'gateway'>): Pipelines {
  const whole = createPipeline({ ...options, gateway: supergraph })
  const ofContracts = new Map<string, ContractPipeline>()
  const forget = supergraph.onReplaced(({ contracts }) => {
    for (const [name, { pipeline, gateway }] of ofContracts) {
      const part = contracts.get(name)
      if (part) gateway.use(part.apiSchema)
      else {
        ofContracts.delete(name)
        void pipeline.stop()
      }
    }
  })
  return {
    of: (contract) => (contract === undefined ? whole : ofContracts.get(contract)?.pipeline),
    start: () => whole.start(),
    async prepare({ contracts }) {
      for (const [name, { apiSchema }] of contracts) {
        if (ofContracts.has(name)) continue
        const gateway = new ContractGateway(apiSchema, supergraph.executor)
        const pipeline = createPipeline({ ...options, gateway })
        await pipeline.start()
        ofContracts.set(name, { pipeline, gateway })
      }
    },
    async stop() {
      forget()
      await Promise.all([whole, ...[...ofContracts.values()].map(({ pipeline }) => pipeline)].map((one) => one.stop()))
    },
  }
}

/** A contract as Apollo Server takes a graph: a schema that is replaced, and the executor of the whole. */
class ContractGateway implements GatewayInterface {
  #schema: GraphQLSchema
  readonly #executor: GatewayExecutor
  readonly #listeners = new Set<GatewaySchemaLoadOrUpdateCallback>()

  constructor(schema: GraphQLSchema, executor: GatewayExecutor) {
    this.#schema = schema
    this.#executor = executor
  }

  use(schema: GraphQLSchema): void {
    this.#schema = schema
    for (const tell of this.#listeners) tell({ apiSchema: schema, coreSupergraphSdl: '' })
  }

  onSchemaLoadOrUpdate(callback: GatewaySchemaLoadOrUpdateCallback): () => void {
    this.#listeners.add(callback)
    return () => this.#listeners.delete(callback)
  }

  async load() {
    this.use(this.#schema)
    return { executor: this.#executor }
  }

  async stop(): Promise<void> {}
}
