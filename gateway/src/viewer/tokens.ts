import type { Viewer } from '@commerce/service/viewer.ts'
import { createRemoteJWKSet, errors, type JWTPayload, type JWTVerifyOptions, jwtVerify } from 'jose'
import { LRUCache } from 'lru-cache'
import type { TokenConfig } from '../config.ts'

/** Who a verified token speaks for, and until when (seconds since 1970; null when the token does not say). */
export interface Identity {
  viewer: Viewer
  expires: number | null
}

/** A token that is not accepted; `message` is for the client. */
export class TokenError extends Error {
  override name = 'TokenError'
  /** 401 for a bad token, 503 when the issuer's keys cannot be fetched. */
  readonly status: 401 | 503
  constructor(status: 401 | 503, message: string) {
    super(message)
    this.status = status
  }
}

/** Verifies the value of an Authorization header, or of another `place`; null is anonymous. Rejects with a `TokenError`. */
export type Authenticate = (authorization: string | undefined, place?: string) => Promise<Identity | null>

/** A token's signature is looked at once a minute, not once a request; a key that its issuer withdraws counts that much longer. */
const rememberedTokens = 10_000
const rememberedMs = 60_000

/** Builds the verification that a config asks for. */
export function authenticator(config: TokenConfig | null): Authenticate {
  if (!config) {
    return async (authorization) => {
      if (authorization === undefined) return null
      throw new TokenError(401, 'This gateway accepts no tokens: neither JWT_SECRET nor JWT_JWKS_URL is set.')
    }
  }
  const verify = verifier(config)
  const known = new LRUCache<string, Identity>({ max: rememberedTokens, ttl: rememberedMs })
  return async (authorization, place = 'The Authorization header') => {
    if (authorization === undefined) return null
    const seen = known.get(authorization)
    if (seen && (seen.expires === null || seen.expires * 1000 > Date.now())) return seen
    const token = /^Bearer +([^\s]+)$/i.exec(authorization)?.[1]
    if (token === undefined) throw new TokenError(401, `${place} must be "Bearer" and a token.`)
    const payload = await verify(token).catch((error: unknown) => {
      throw refused(error)
    })
    const { sub, scope, exp, policies } = payload
    if (typeof sub !== 'string' || sub === '') throw new TokenError(401, 'The token names nobody: it has no "sub".')
    const scopes = typeof scope === 'string' ? scope.split(' ').filter((one) => one !== '') : []
    const held = Array.isArray(policies) ? policies.filter((one) => typeof one === 'string') : []
    const identity = { viewer: { id: sub, scopes, ...(held.length > 0 && { policies: held }) }, expires: exp ?? null }
    known.set(authorization, identity)
    return identity
  }
}

function verifier({ key, issuer, audience }: TokenConfig): (token: string) => Promise<JWTPayload> {
  const claims: JWTVerifyOptions = { ...(issuer && { issuer }), ...(audience && { audience }), clockTolerance: 5 }
  if ('secret' in key) {
    const secret = new TextEncoder().encode(key.secret)
    return async (token) => (await jwtVerify(token, secret, { ...claims, algorithms: ['HS256'] })).payload
  }
  const keys = createRemoteJWKSet(new URL(key.jwksUrl), { timeoutDuration: 3_000 })
  // Only signatures with a private key: a public key must never serve as an HMAC secret.
  const algorithms = [
    'RS256',
    'RS384',
    'RS512',
    'PS256',
    'PS384',
    'PS512',
    'ES256',
    'ES384',
    'ES512',
    'EdDSA',
    'Ed25519',
  ]
  return async (token) => (await jwtVerify(token, keys, { ...claims, algorithms })).payload
}

function refused(error: unknown): TokenError {
  if (error instanceof errors.JWTExpired) return new TokenError(401, 'The token has expired.')
  if (error instanceof errors.JWTClaimValidationFailed) {
    return new TokenError(401, `The token's "${error.claim}" is not what this gateway accepts.`)
  }
  const isTokens = [
    errors.JWSInvalid,
    errors.JWTInvalid,
    errors.JWSSignatureVerificationFailed,
    errors.JOSEAlgNotAllowed,
    errors.JOSENotSupported,
    errors.JWKSNoMatchingKey,
  ]
  if (isTokens.some((type) => error instanceof type)) return new TokenError(401, 'The token is not valid.')
  return new TokenError(503, 'Tokens cannot be verified now: the keys of their issuer cannot be fetched.')
}
