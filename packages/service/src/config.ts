import { z } from 'zod'

/** The environment does not hold what a process needs; `message` lists every problem. */
export class ConfigError extends Error {
  override name = 'ConfigError'
}

/** Reads a configuration from environment variables; throws one `ConfigError` that names each variable that is missing or wrong. */
export function readConfig<S extends z.ZodObject>(
  schema: S,
  environment: Record<string, string | undefined>,
): z.infer<S> {
  const filled = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''))
  const result = schema.safeParse(filled)
  if (result.success) return result.data
  const problems = result.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`)
  throw new ConfigError(`The environment is not complete. ${problems.join('; ')}. See .env.example.`)
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
