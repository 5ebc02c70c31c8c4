import { z } from 'zod'

/** The start failed for a reason that whoever starts the process can mend: `message` is one sentence that says what to do. */
export class StartError extends Error {
  override name = 'StartError'
}

/** The environment does not hold what a process needs; `message` lists every problem. */
export class ConfigError extends StartError {
  override name = 'ConfigError'
}

/**
 * Reads a configuration from environment variables; throws one `ConfigError` that names each variable that is missing or wrong, and
 * `see`, where they are explained. A check whose message begins with "must be" has the value shown behind it; one of a secret
 * begins with "needs".
 */
export function readConfig<S extends z.ZodObject>(
  schema: S,
  environment: Record<string, string | undefined>,
  see = 'See .env.example.',
): z.infer<S> {
  const filled = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''))
  const result = schema.safeParse(filled)
  if (result.success) return result.data
  const problems = result.error.issues.map(({ path, message }) => {
    const name = path.join('.')
    if (message.startsWith('must be ')) return `${name} ${message}, got "${filled[name]}"`
    return message.startsWith('needs ') ? `${name} ${message}` : `${name}: ${message}`
  })
  throw new ConfigError(`${problems.join('; ')}. ${see}`)
}

/** What every subgraph needs from its environment, but for its own database URL. */
export const subgraphConfig = z.object({
  HOST: z.string().default('127.0.0.1'),
  PORT: z.coerce.number().int().min(0).max(65_535),
  NATS_URL: z.string().startsWith('nats://'),
  /** Copies of the event stream: as many as there are NATS servers in the cluster, 1, 3 or 5. */
  NATS_REPLICAS: z.coerce.number().int().min(1).max(5).default(1),
  GATEWAY_SECRET: z.string().min(16),
  LOG_LEVEL: z.enum(['silent', 'fatal', 'error', 'warn', 'info', 'debug', 'trace']).default('info'),
})
