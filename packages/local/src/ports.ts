import { createServer } from 'node:net'

/** A TCP port on loopback that nobody listens on right now. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address()
      probe.close(() => (typeof address === 'object' && address ? resolve(address.port) : reject(new Error('no port'))))
    })
  })
}

/** Why no server can listen on this port of `host` (`EADDRINUSE`, `EACCES`, ...), or null when one can. */
export function portProblem(port: number, host: string): Promise<string | null> {
  return new Promise((resolve) => {
    const probe = createServer()
    probe.once('error', (error: { code?: string }) => resolve(error.code ?? 'unknown'))
    probe.listen(port, host, () => probe.close(() => resolve(null)))
  })
}
