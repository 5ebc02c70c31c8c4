import { setTimeout as pause } from 'node:timers/promises'
import { pick, type Random } from '@commerce/local/shop/random.ts'
import type { Member, Shop } from '@commerce/local/shop/shop.ts'

/** Something that goes wrong in production, and its end. */
export type Disturbance = (shop: Shop, random: Random) => Promise<void>

const AWAY_MS = 1_000
/** Longer than a lease: who wakes up finds that others went on. */
const FROZEN_SECONDS = 5

/** All there are, by the names that `--only` takes. */
export const disturbances: Readonly<Record<string, Disturbance>> = {
  'gateway killed': (shop, random) => killed(pick(random, shop.gateways), 0),
  'checkout killed': (shop, random) => killed(replicaOf(shop, 'checkout', random), AWAY_MS),
  'checkout frozen': (shop, random) => replicaOf(shop, 'checkout', random).freeze(FROZEN_SECONDS),
  'inventory killed': (shop, random) => killed(replicaOf(shop, 'inventory', random), AWAY_MS),
  'NATS killed': async ({ nats }) => {
    await nats.kill()
    await pause(AWAY_MS)
    await nats.restart({ empty: false })
  },
  'NATS lost its data': async ({ nats }) => {
    await nats.kill()
    await nats.restart({ empty: true })
  },
  'PostgreSQL killed': async ({ postgres }) => {
    await postgres?.kill()
    await pause(AWAY_MS)
    await postgres?.restart()
  },
}

async function killed(member: Member, awayMs: number): Promise<void> {
  await member.kill()
  await pause(awayMs)
  await member.start()
}

function replicaOf({ replicas }: Shop, subgraph: string, random: Random): Member {
  return pick(
    random,
    replicas.filter(({ name }) => name.startsWith(`${subgraph}-`)),
  )
}
