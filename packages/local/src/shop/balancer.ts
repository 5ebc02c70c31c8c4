import { connect, createServer, type Socket } from 'node:net'
import { lateWriter, listenOnLoopback } from './wire.ts'

/** A TCP port that spreads requests over replicas. */
export interface Balancer {
  readonly port: number
  close(): Promise<void>
}

/** A replica that has not answered for so long is passed by, until it answers or was left alone for as long again. */
const SILENT_MS = 1_000

interface Replica {
  port: number
  /** Nothing is sent before this moment. */
  badUntil: number
}

/**
 * Gives each request the next replica, also those of one connection: so whoever asks twice asks two of them. It relies on clients that
 * send their next request when the answer has come, as the gateway does. Answers are late by what `delay` says.
 */
export async function openBalancer(ports: readonly number[], delay: () => number): Promise<Balancer> {
  const replicas: Replica[] = ports.map((port) => ({ port, badUntil: 0 }))
  const sockets = new Set<Socket>()
  let turn = 0

  function next(): Replica {
    const now = performance.now()
    const good = replicas.filter(({ badUntil }) => badUntil <= now)
    const pool = good.length > 0 ? good : replicas
    return pool[turn++ % pool.length] as Replica
  }

  function track(socket: Socket): void {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => sockets.delete(socket))
  }

  const server = createServer({ noDelay: true }, (client) => {
    const upstreams = new Map<Replica, Socket>()
    let replica: Replica | undefined
    let watchdog: NodeJS.Timeout | undefined
    let answering = false
    const answer = lateWriter(client, delay)
    track(client)
    client.on('data', (data) => {
      if (!replica || answering) {
        replica = next()
        answering = false
        watch(replica)
      }
      upstreamOf(replica).write(data)
    })
    client.on('close', () => {
      clearTimeout(watchdog)
      for (const upstream of upstreams.values()) upstream.destroy()
    })

    function watch(asked: Replica): void {
      clearTimeout(watchdog)
      watchdog = setTimeout(() => {
        asked.badUntil = performance.now() + SILENT_MS
      }, SILENT_MS)
    }

    function upstreamOf(to: Replica): Socket {
      const open = upstreams.get(to)
      if (open && !open.destroyed) return open
      const upstream = connect({ port: to.port, host: '127.0.0.1', noDelay: true })
      upstreams.set(to, upstream)
      track(upstream)
      upstream.on('data', (data) => {
        if (to === replica) {
          answering = true
          clearTimeout(watchdog)
          to.badUntil = 0
        }
        answer(data)
      })
      upstream.on('close', () => {
        if (upstreams.get(to) === upstream) upstreams.delete(to)
        if (to !== replica || answering) return
        to.badUntil = performance.now() + SILENT_MS
        client.destroy()
      })
      return upstream
    }
  })
  return {
    port: await listenOnLoopback(server),
    close() {
      for (const socket of sockets) socket.destroy()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}
