// Long because it is the one list of every setting, with its unit and default.
import { ConfigError } from '@commerce/service/config.ts'
import { z } from 'zod'
import type { CacheBounds } from './cache/caches.ts'
import { type TrustMode, trustModes } from './documents/trust.ts'
import type { Unauthorized } from './execute/operation.ts'
import type { ObserveConfig } from './observe/observing.ts'
import { tracingEnvironment, tracingFrom } from './observe/tracing.ts'
import type { BreakerOptions } from './subgraphs/breaker.ts'
import { upstreamDefaults } from './subgraphs/client.ts'
import { plannerBounds, type WorkerBounds } from './supergraph/planner.ts'
import type { HoldPolicies } from './viewer/shown.ts'

const flag = oneOf('true', 'false').transform((value) => value === 'true')

/** A whole number; what is wrong with another is one sentence. */
function count(least: number, most = Number.MAX_SAFE_INTEGER) {
  const range = most === Number.MAX_SAFE_INTEGER ? `of ${least} or more` : `from ${least} to ${most}`
  const error = `must be a whole number ${range}`
  return z.coerce.number(error).int(error).min(least, error).max(most, error)
}

function oneOf<const T extends [string, ...string[]]>(...values: T) {
  return z.enum(values, `must be ${values.slice(0, -1).join(', ')} or ${values.at(-1)}`)
}

/** The environment of a gateway; every variable has a default or may be left out. */
export const gatewayEnvironment = z.object({
  HOST: z.string().default('127.0.0.1'),
  PORT: count(0, 65_535).default(4000),
  SUPERGRAPH: z.string().optional(),
  SUPERGRAPH_FALLBACK: z.string().optional(),
  OPERATIONS: z.string().optional(),
  TRUSTED_DOCUMENTS: oneOf(...trustModes).default('off'),
  NATS_URL: z.string().startsWith('nats://', 'needs an address that begins with nats://').optional(),
  GATEWAY_SECRET: z.string().min(16, 'needs at least 16 characters').optional(),
  JWT_SECRET: z.string().min(32, 'needs at least 32 characters, as an HS256 secret').optional(),
  JWT_JWKS_URL: z.url('needs the http or https address of public keys').optional(),
  JWT_ISSUER: z.string().optional(),
  JWT_AUDIENCE: z.string().optional(),
  NODE_ENV: z.string().optional(),
  CORS_ORIGINS: z.string().optional(),
  INTROSPECTION: flag.optional(),
  MAX_OPERATION_COST: count(1).default(250_000),
  MAX_OPERATION_DEPTH: count(1).default(20),
  SUBGRAPH_TIMEOUT_MS: count(1).default(5_000),
  SHARE_IN_FLIGHT: flag.default(true),
  CACHE_MB: count(0).default(256),
  UNAUTHORIZED: oneOf('filter', 'reject', 'report').default('filter'),
  MAX_CONNECTIONS: count(1).default(10_000),
  MAX_CONNECTIONS_PER_VIEWER: count(1).default(100),
  METRICS_TOKEN: z
    .string()
    .regex(/^[\w.~+/-]{16,}=*$/, 'needs at least 16 letters, digits or -._~+/')
    .optional(),
  ...tracingEnvironment,
  LOG_LEVEL: oneOf('silent', 'fatal', 'error', 'warn', 'info', 'debug', 'trace').default('info'),
})

/** How tokens are verified; null in a config means that the gateway accepts none. */
export interface TokenConfig {
  /** A shared HS256 secret, or the address of the issuer's public keys. */
  key: { secret: string } | { jwksUrl: string }
  issuer: string | null
  audience: string | null
}

/** Bounds of one operation, checked before it is validated and planned; what is in fragments counts wherever they are spread. */
export interface OperationLimits {
  /** Lexical tokens of the document. */
  tokens: number
  /** Characters of the document. */
  text: number
  /** Brackets of any kind within each other. */
  nesting: number
  /** Levels of fields below the operation, fragments included. */
  depth: number
  aliases: number
  rootFields: number
  fields: number
  /** Spreads and inline fragments. */
  fragments: number
  directives: number
  /** Directives of one field, fragment, or operation. */
  directivesAtOnce: number
  /** The same response name in one selection set: comparing them all is quadratic. */
  repeats: number
  /** Variables that the operation declares. */
  variables: number
  /** Levels and values of the JSON of all variables. */
  variableDepth: number
  variableValues: number
  /** Estimated cost; objects weigh 1 unless `@cost` says otherwise. */
  cost: number
  /** Elements of a list that has no `@listSize`. */
  listSize: number
  /** Weight of a root field of a mutation that has no `@cost`. */
  mutationCost: number
}

/** Everything a gateway is started with. */
export interface GatewayConfig {
  host: string
  /** 0 takes a free port. */
  port: number
  /** The composed supergraph's file. */
  supergraph: string
  /** How often the file is looked at, in milliseconds; 0 is never. */
  watchMs: number
  /** A folder of recorded operations that are planned before clients ask for them; null is none. */
  operations: string | null
  /** What of these, and of others, may run; anything but `off` needs a folder. */
  trustedDocuments: TrustMode
  /** How often that folder is then looked at, in milliseconds; 0 is never. */
  documentsWatchMs: number
  planner: WorkerBounds
  /** Addresses that replace those in the supergraph, by subgraph name. */
  subgraphUrls: Readonly<Record<string, string>>
  subgraphTimeoutMs: number
  /** From the first byte of a request to the end of its last subgraph request, in milliseconds. */
  requestTimeoutMs: number
  /** Whether clients that ask the same at the same time share one run of it. */
  shareInFlight: boolean
  unauthorized: Unauthorized
  /** Who says which `@policy` holds for a viewer, within `subgraphTimeoutMs`; null: the `policies` in the token. */
  holdPolicies: HoldPolicies | null
  /** Bytes of subgraph answers that are kept, and of whole responses; 0 keeps none. Without events nothing is. */
  cache: CacheBounds
  /** Bytes of requests that are recognised by their text. */
  maxKnownBytes: number
  /** Bytes of one subgraph answer. */
  maxAnswerBytes: number
  /** Open connections to each subgraph. */
  subgraphConnections: number
  /** When a subgraph that fails is left alone. */
  subgraphBreaker: BreakerOptions
  /** What the subgraphs know the gateway by; null sends nothing. */
  secret: string | null
  tokens: TokenConfig | null
  /** Whether clients may learn the schema: introspection, "Did you mean …", GraphiQL. */
  introspection: boolean
  /** Origins whose pages may ask; `'*'` for all. */
  origins: readonly string[] | '*'
  limits: OperationLimits
  /** Bytes of a request's body. */
  bodyLimit: number
  maxPlans: number
  /** Bytes that compiled operations may take, estimated. */
  maxPlanBytes: number
  /** Characters of documents that are remembered as valid, all together. */
  maxPlannedText: number
  sockets: SocketLimits
  observe: ObserveConfig
}

/** Bounds of clients that stay connected, over WebSocket or Server-Sent Events. */
export interface SocketLimits {
  /** Of both together. */
  connections: number
  /** Of one signed-in viewer, of both together. */
  connectionsPerViewer: number
  subscriptionsPerConnection: number
  /** Values of the key argument of one subscription. */
  keysPerSubscription: number
  /** Keys of all subscriptions of a connection: at most one payload of each waits for a slow client. */
  keysPerConnection: number
  /** Bytes that wait in one connection; a client beyond that is sent away to come back for the current state. */
  bufferedBytes: number
  /** How long a client may take nothing of what waits for it, in milliseconds, until it is sent away likewise. */
  stalledMs: number
  messageBytes: number
  /** Messages from a client in a second, over some time; five seconds' worth of them may come at once. */
  messagesPerSecond: number
  /** Time to send `connection_init`, or to open a stream that was reserved, in milliseconds. */
  initMs: number
  /** Between pings, in milliseconds; a client that has not answered (of a stream: taken) one when the next is due is gone. */
  pingMs: number
  /** How long a gateway that stops takes at most to send them all away, in milliseconds. */
  drainMs: number
}

/** What a gateway uses unless told otherwise. */
export const gatewayDefaults: Omit<GatewayConfig, 'supergraph'> = {
  host: '127.0.0.1',
  port: 4000,
  watchMs: 500,
  operations: null,
  trustedDocuments: 'off',
  documentsWatchMs: 2_000,
  planner: plannerBounds,
  subgraphUrls: {},
  subgraphTimeoutMs: 5_000,
  requestTimeoutMs: 30_000,
  shareInFlight: true,
  unauthorized: 'filter',
  holdPolicies: null,
  cache: { answerBytes: 128 * 1024 * 1024, responseBytes: 128 * 1024 * 1024 },
  maxKnownBytes: 32 * 1024 * 1024,
  maxAnswerBytes: 32 * 1024 * 1024,
  subgraphConnections: 128,
  subgraphBreaker: upstreamDefaults.breaker,
  secret: null,
  tokens: null,
  introspection: true,
  origins: '*',
  limits: {
    tokens: 10_000,
    text: 100_000,
    nesting: 100,
    depth: 20,
    aliases: 100,
    rootFields: 50,
    fields: 10_000,
    fragments: 250,
    directives: 250,
    directivesAtOnce: 5,
    repeats: 20,
    variables: 250,
    variableDepth: 32,
    variableValues: 10_000,
    cost: 250_000,
    listSize: 10,
    mutationCost: 10,
  },
  bodyLimit: 1024 * 1024,
  maxPlans: 2_000,
  maxPlanBytes: 128 * 1024 * 1024,
  maxPlannedText: 8_000_000,
  sockets: {
    connections: 10_000,
    connectionsPerViewer: 100,
    subscriptionsPerConnection: 100,
    keysPerSubscription: 200,
    keysPerConnection: 2_000,
    bufferedBytes: 4 * 1024 * 1024,
    stalledMs: 10_000,
    messageBytes: 64 * 1024,
    messagesPerSecond: 50,
    initMs: 3_000,
    pingMs: 12_000,
    drainMs: 5_000,
  },
  observe: { metricsToken: null, tracing: null },
}

/** The addresses in `SUBGRAPH_URL_<NAME>` variables, by subgraph name in lower case with `-` for `_`. */
export function subgraphUrlsFrom(environment: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const prefix = 'SUBGRAPH_URL_'
  return Object.fromEntries(
    Object.entries(environment).flatMap(([name, value]) =>
      name.startsWith(prefix) && value ? [[name.slice(prefix.length).toLowerCase().replaceAll('_', '-'), value]] : [],
    ),
  )
}

/** `'*'` for all, or the origins that are named; nobody when none is. */
function originsFrom(text: string): readonly string[] | '*' {
  if (text.trim() === '*') return '*'
  return text.split(',').flatMap((origin) => origin.trim() || [])
}

/** The config of a process from its (validated) environment and the options of its command line. */
export function gatewayConfig(
  environment: z.infer<typeof gatewayEnvironment>,
  subgraphUrls: Readonly<Record<string, string>>,
  supergraph: string,
): GatewayConfig {
  const { JWT_SECRET, JWT_JWKS_URL } = environment
  const production = environment.NODE_ENV === 'production'
  if (environment.TRUSTED_DOCUMENTS !== 'off' && !environment.OPERATIONS) {
    const mode = environment.TRUSTED_DOCUMENTS
    throw new ConfigError(`TRUSTED_DOCUMENTS=${mode} needs the folder of documents in OPERATIONS. See --help.`)
  }
  const key = JWT_JWKS_URL ? { jwksUrl: JWT_JWKS_URL } : JWT_SECRET ? { secret: JWT_SECRET } : null
  return {
    ...gatewayDefaults,
    host: environment.HOST,
    port: environment.PORT,
    supergraph,
    operations: environment.OPERATIONS ?? null,
    trustedDocuments: environment.TRUSTED_DOCUMENTS,
    subgraphUrls,
    subgraphTimeoutMs: environment.SUBGRAPH_TIMEOUT_MS,
    shareInFlight: environment.SHARE_IN_FLIGHT,
    cache: { answerBytes: environment.CACHE_MB * 2 ** 19, responseBytes: environment.CACHE_MB * 2 ** 19 },
    unauthorized: environment.UNAUTHORIZED,
    secret: environment.GATEWAY_SECRET ?? null,
    tokens: key && { key, issuer: environment.JWT_ISSUER ?? null, audience: environment.JWT_AUDIENCE ?? null },
    introspection: environment.INTROSPECTION ?? !production,
    origins: originsFrom(environment.CORS_ORIGINS ?? (production ? '' : '*')),
    limits: {
      ...gatewayDefaults.limits,
      cost: environment.MAX_OPERATION_COST,
      depth: environment.MAX_OPERATION_DEPTH,
    },
    sockets: {
      ...gatewayDefaults.sockets,
      connections: environment.MAX_CONNECTIONS,
      connectionsPerViewer: environment.MAX_CONNECTIONS_PER_VIEWER,
    },
    observe: { metricsToken: environment.METRICS_TOKEN ?? null, tracing: tracingFrom(environment) },
  }
}
