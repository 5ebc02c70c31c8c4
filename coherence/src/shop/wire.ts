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

/** Listens on a free loopback port for a server at `port`; what it sends back is `delayMs` late. */
export async function openWire(port: number, delayMs = 0): Promise<Wire> {
  const sockets = new Set<Socket>()
  let held = false

  const server = createServer({ noDelay: true }, (client) => {
    const upstream = connect({ port, host: '127.0.0.1', noDelay: true })
    for (const [from, to, ms] of [
      [client, upstream, 0],
      [upstream, client, delayMs],
    ] as const) {
      sockets.add(from)
      from.on('data', ms === 0 ? (data) => to.write(data) : late(ms, (data) => to.write(data)))
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

/** Calls `pass` that much later, in order: timers of one length end in the order in which they began. */
export function late(ms: number, pass: (data: Buffer) => void): (data: Buffer) => void {
  return (data) => {
    setTimeout(pass, ms, data)
  }
}

export function listenOnLoopback(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port))
  })
}
