import { connectEvents } from '@commerce/events/connection.ts'
import { publishSupergraph } from '@commerce/events/supergraph-store.ts'
import { ConfigError } from '@commerce/service/config.ts'
import type { Logger } from '@commerce/service/log.ts'
import { planInProcess } from './supergraph/planning.ts'
import { sentenceOf } from './supergraph/sentence.ts'
import { fileSource } from './supergraph/source.ts'

/** A supergraph to publish, and in how many seconds all gateways are to take it over. */
export interface ToPublish {
  file: string
  graph: string
  swapIn: string
}

/** Checks a supergraph as a gateway would, and publishes it for all of them; rejects with one sentence when that is not possible. */
export async function publish(
  { file, graph, swapIn }: ToPublish,
  natsUrl: string | undefined,
  log: Logger,
): Promise<void> {
  const seconds = swapSeconds(swapIn)
  if (!natsUrl) throw new ConfigError('Say in NATS_URL where to publish. See --help.')
  const { sdl } = await fileSource(file, 0).read()
  await checkSupergraph(sdl, `in ${file}`)
  const connection = await connectEvents({ url: natsUrl, name: 'publish', log, waitMs: 5_000 })
  try {
    const swapAt = Date.now() + seconds * 1_000
    const revision = await publishSupergraph(connection, graph, { sdl, swapAt })
    log.info({ graph, revision, swapAt: new Date(swapAt).toISOString() }, 'published')
  } finally {
    await connection.close()
  }
}

/** Whether a gateway would take a supergraph over; rejects with one sentence that names its `place` when not. */
export async function checkSupergraph(sdl: string, place: string): Promise<void> {
  await planInProcess(sdl).catch((error: unknown) => {
    throw new Error(`The supergraph ${place} is not valid, nothing is published: ${sentenceOf(error)}`)
  })
}

/** How many seconds from now all gateways take a supergraph over. */
export function swapSeconds(text: string): number {
  const seconds = Number(text)
  if (text.trim() !== '' && seconds >= 0 && seconds <= 60) return seconds
  throw new ConfigError(`--swap-in takes 0 to 60 seconds, not "${text}". See --help.`)
}
