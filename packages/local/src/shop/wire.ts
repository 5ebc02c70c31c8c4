import { connect, createServer, type Server, type Socket } from 'node:net'

/** A TCP port in front of a server, on which the network between the two can be disturbed. */
export interface Wire {
  readonly port: number
  /** Nothing passes any more, in either direction, and no end hears of it; `release` lets all of it pass. */
  hold(): void
  release(): void
  /** Breaks every connection; new ones are taken at once. */
  cut(): void
  close(): Promise<void>
}

/** Listens on a free loopback port for a server at `port`; what it sends back is late by as many milliseconds as `delay` says. */
export async function openWire(port: number, delay: () => number): Promise<Wire> {
  const sockets = new Set<Socket>()
  let held = false

  const server = createServer({ noDelay: true }, (client) => {
    const upstream = connect({ port, host: '127.0.0.1', noDelay: true })
    for (const [from, to, lateBy] of [
      [client, upstream, () => 0],
      [upstream, client, delay],
    ] as const) {
      sockets.add(from)
      from.on('data', (data) => late(lateBy(), () => to.write(data)))
      from.on('error', () => {})
      from.on('close', () => {
        sockets.delete(from)
        to.destroy()
      })
      if (held) from.pause()
    }
  })
  const listening = await listenOnLoopback(server)
  return {
    port: listening,
    hold() {
      held = true
      for (const socket of sockets) socket.pause()
    },
    release() {
      held = false
      for (const socket of sockets) socket.resume()
    },
    cut() {
      for (const socket of sockets) socket.destroy()
    },
    close() {
      for (const socket of sockets) socket.destroy()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}

/** Calls `pass` so many milliseconds later, in order as long as they do not become fewer: timers of one length end as they began. */
export function late(ms: number, pass: () => void): void {
  if (ms === 0) pass()
  else setTimeout(pass, ms)
}

export function listenOnLoopback(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port))
  })
}
