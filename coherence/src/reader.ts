import type { Random } from '@commerce/local/shop/random.ts'
import { errorCode } from '../../bench/src/load/client.ts'
import type { ConsistencyTokens } from '../../gateway/src/cache/consistency.ts'
import { openConnection } from './connection.ts'
import type { GatewayIndex, Ledger, ReaderKind } from './ledger.ts'
import type { Observed, ReadRequest } from './requests.ts'
import { count, type Tally } from './tally.ts'

export interface ReaderOptions {
  kind: ReaderKind
  gateway: GatewayIndex
  port: number
  ledger: Ledger
  tokens: ConsistencyTokens
  tally: Tally
  random: Random
  choose(random: Random, kind: ReaderKind): ReadRequest
  /** What answers said, shared by the readers of one gateway. */
  understood: Understood
  /** Milliseconds from an answer to the next request. */
  restMs: number
}

/** The last answer to each request: nearly all are the same again, and are not parsed then. */
export type Understood = Map<ReadRequest, { body: Buffer; error: string | null; observed: readonly Observed[] }>

/** The last token that was written for a request, and for which versions. */
type Written = Map<ReadRequest, { versions: number[]; bytes: Buffer }>

/** Asks one gateway over one connection, again and again, and holds each answer against what was acknowledged before it was asked for. */
export function startReader(options: ReaderOptions): () => void {
  const { kind, gateway, ledger, tally, random, understood, restMs } = options
  const written: Written = new Map()
  const plain = new Map<ReadRequest, Buffer>()
  let send: (request: Buffer) => void = () => {}
  let asked: ReadRequest | undefined
  let sentAt = 0
  let floors: number[] = []
  let seen: number[] = []
  let resting: NodeJS.Timeout | undefined

  function next(): void {
    const request = options.choose(random, kind)
    asked = request
    sentAt = performance.now()
    floors = request.facts.map((fact) => ledger.floor(kind, gateway, fact))
    if (kind === 'plain') seen = request.facts.map((fact) => fact.seen[gateway])
    send(kind === 'plain' ? bytesOf(request) : withToken(request))
  }

  function bytesOf(request: ReadRequest): Buffer {
    const known = plain.get(request)
    if (known) return known
    const bytes = Buffer.from(`${request.head}\r\n${request.body}`)
    plain.set(request, bytes)
    return bytes
  }

  function withToken(request: ReadRequest): Buffer {
    const known = written.get(request)
    if (known && floors.every((floor, i) => floor === known.versions[i])) return known.bytes
    const versions = Object.fromEntries(request.facts.flatMap(({ any, token }) => (any > 0 ? [token] : [])))
    const token = options.tokens.write({ versions, events: null })
    const bytes = Buffer.from(`${request.head}consistency-token: ${token}\r\n\r\n${request.body}`)
    written.set(request, { versions: floors, bytes })
    return bytes
  }

  function understand(request: ReadRequest, status: number, body: Buffer) {
    const known = understood.get(request)
    if (known?.body.equals(body)) return known
    const { data, errors } = JSON.parse(body.toString())
    const error = errorCode(errors) ?? (status === 200 ? null : `HTTP_${status}`)
    const fresh = { body, error, observed: error ? [] : request.read(data) }
    understood.set(request, fresh)
    return fresh
  }

  function check(request: ReadRequest, observed: readonly Observed[]): void {
    for (let i = 0; i < request.facts.length; i++) {
      const [fact, floor, got] = [request.facts[i], floors[i], observed[i]]
      if (!fact || floor === undefined) continue
      const where = { gateway, fact, sentAt }
      const violation = { reader: kind, shape: request.shape }
      if (!got) {
        tally.violate({ ...violation, expected: `version ${floor} or later`, got: 'nothing' }, where)
        continue
      }
      if (got.version < floor) {
        tally.violate({ ...violation, expected: `version ${floor} or later`, got: `version ${got.version}` }, where)
      }
      const value = fact.values.get(got.version)
      if (got.value !== '' && value !== undefined && value !== got.value) {
        const expected = `${value} in version ${got.version}`
        tally.violate({ ...violation, expected, got: got.value }, where)
      }
      if (kind === 'bearing') continue
      if (got.version < (seen[i] as number)) tally.backwards++
      if (got.version > fact.seen[gateway]) fact.seen[gateway] = got.version
    }
  }

  const close = openConnection(options.port, {
    opened(by) {
      send = by
      next()
    },
    answered(status, body) {
      const request = asked as ReadRequest
      const { error, observed } = understand(request, status, body)
      tally.reads[kind]++
      count(tally.shapes, request.shape)
      if (error) count(tally.errors, error)
      else check(request, observed)
      if (restMs === 0) next()
      else resting = setTimeout(next, restMs)
    },
    broken() {
      clearTimeout(resting)
      count(tally.errors, 'NO_ANSWER')
    },
  })
  return () => {
    clearTimeout(resting)
    close()
  }
}
