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
export async function openWire(port: number, delay: () => number = () => 0): Promise<Wire> {
  const sockets = new Set<Socket>()
  let held = false

  const server = createServer({ noDelay: true }, (client) => {
    const upstream = connect({ port, host: '127.0.0.1', noDelay: true })
    for (const [from, to, lateBy] of [
      [client, upstream, () => 0],
      [upstream, client, delay],
    ] as const) {
      sockets.add(from)
      const pass = lateWriter(to, lateBy)
      from.on('data', pass)
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

/** Writes what it is given so many milliseconds later, in order also when `delay` changes. */
export function lateWriter(to: Socket, delay: () => number): (data: Buffer) => void {
  const waiting: { data: Buffer; due: number }[] = []

  function writeDue(): void {
    for (let next = waiting[0]; next && next.due <= performance.now(); next = waiting[0]) {
      to.write(next.data)
      waiting.shift()
    }
    if (waiting[0]) setTimeout(writeDue, Math.max(1, waiting[0].due - performance.now()))
  }

  return (data) => {
    const ms = delay()
    if (ms === 0 && waiting.length === 0) return void to.write(data)
    waiting.push({ data, due: performance.now() + ms })
    if (waiting.length === 1) setTimeout(writeDue, ms)
  }
}

export function listenOnLoopback(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port))
  })
}
