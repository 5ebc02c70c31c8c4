import { pick, type Random } from '@commerce/local/shop/random.ts'
import type { GatewayIndex, Ledger } from './ledger.ts'
import { type Shop, SUBGRAPHS, type SubgraphName } from './shop.ts'

/** What a disturbance may use. */
export interface Disturbed {
  shop: Shop
  ledger: Ledger
  random: Random
  /** Told before a gateway is killed, while it can still be asked. */
  beforeKill(gateway: GatewayIndex): Promise<void>
}

/** Something that goes wrong in production, and its end. */
export type Disturbance = (disturbed: Disturbed, seconds: number) => Promise<void>

/** All there are, by the names that `--only` takes. */
export const disturbances: Readonly<Record<string, Disturbance>> = {
  'gateway killed': async ({ shop, ledger, random, beforeKill }) => {
    const gateway = pick(random, [0, 1] as const)
    await beforeKill(gateway)
    await shop.gateways[gateway].kill()
    ledger.forget(gateway)
    await shop.gateways[gateway].start()
  },
  'replica killed': async ({ shop, random }, seconds) => {
    const replica = pick(random, shop.replicas)
    await replica.kill()
    await pause(seconds * 1_000)
    await replica.start()
  },
  'replica frozen': ({ shop, random }, seconds) => pick(random, shop.replicas).freeze(seconds),
  'NATS killed': async ({ shop }, seconds) => {
    await shop.nats.kill()
    await pause(seconds * 1_000)
    await shop.nats.restart({ empty: false })
  },
  'NATS lost its data': async ({ shop }) => {
    await shop.nats.kill()
    await shop.nats.restart({ empty: true })
  },
  'source stalled': ({ shop, random }, seconds) => stall(shop, pick(random, SUBGRAPHS), seconds + 3),
  'NATS cut from a replica': async ({ shop, random }) => pick(random, shop.replicas).wire.cut(),
  'NATS cut from a gateway': async ({ shop, random }) => pick(random, shop.gateways).wire.cut(),
  'NATS silent for a replica': ({ shop, random }, seconds) => silence(pick(random, shop.replicas).wire, seconds + 3),
  'NATS silent for a gateway': ({ shop, random }, seconds) => silence(pick(random, shop.gateways).wire, seconds + 3),
}

export async function silence(wire: { hold(): void; release(): void }, seconds: number): Promise<void> {
  wire.hold()
  await pause(seconds * 1_000)
  wire.release()
}

/** No event of a source leaves, whichever of its replicas has it; they are changed and asked as before. */
export async function stall({ replicas }: Shop, source: SubgraphName, seconds: number): Promise<void> {
  const own = replicas.filter(({ name }) => name.startsWith(`${source}-`))
  await Promise.all(own.map(({ wire }) => silence(wire, seconds)))
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
