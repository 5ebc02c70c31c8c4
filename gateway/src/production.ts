import { ConfigError } from '@commerce/service/config.ts'
import type { gatewayEnvironment } from './config.ts'

type Environment = ReturnType<(typeof gatewayEnvironment)['parse']>

const loopback = new Set(['localhost', '127.0.0.1', '[::1]'])

/** Throws one `ConfigError` that names each setting which is not safe in production (`NODE_ENV=production`) and what to do about it. */
export function refuseUnsafe(environment: Environment): void {
  if (environment.NODE_ENV !== 'production') return
  const { GATEWAY_SECRET, JWT_SECRET, JWT_JWKS_URL } = environment
  const problems: string[] = []
  if (GATEWAY_SECRET === undefined) {
    problems.push(
      'GATEWAY_SECRET is missing: set the same value here and in every subgraph, so that they answer nobody else',
    )
  }
  for (const [name, value] of Object.entries({ GATEWAY_SECRET, JWT_SECRET })) {
    if (value !== undefined && isExample(value)) {
      problems.push(`${name} is the one of the examples: make one with "openssl rand -base64 48"`)
    }
  }
  if (JWT_JWKS_URL !== undefined) {
    const { protocol, hostname } = new URL(JWT_JWKS_URL)
    if (protocol !== 'https:' && !loopback.has(hostname)) {
      problems.push('JWT_JWKS_URL is not https: whoever is on the way could hand out keys, use the https address')
    }
  }
  if (problems.length === 0) return
  throw new ConfigError(`These settings are not safe in production: ${problems.join('; ')}.`)
}

/** Secrets that everybody knows: those of `.env.example`, and one character over and over. */
function isExample(secret: string): boolean {
  return /^(change-?me[-_ ]?)+$/i.test(secret) || new Set(secret).size < 4
}
