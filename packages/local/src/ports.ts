import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'

/** Systems give ports from here on to whoever asks for any: below it a server that comes back finds its port as it left it. */
const FIRST_GIVEN = 32_768
const TRIES = 50

/** A TCP port on loopback that nobody listens on right now, and that the system gives to nobody who did not ask for just this one. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < TRIES; tries++) {
    const port = randomInt(20_000, FIRST_GIVEN)
    if ((await portProblem(port, '127.0.0.1')) === null) return port
  }
  throw new Error(`Of ${TRIES} ports between 20000 and ${FIRST_GIVEN - 1} on 127.0.0.1 none was free.`)
}

/** Why no server can listen on this port of `host` (`EADDRINUSE`, `EACCES`, ...), or null when one can. */
export function portProblem(port: number, host: string): Promise<string | null> {
  return new Promise((resolve) => {
    const probe = createServer()
    probe.once('error', (error: { code?: string }) => resolve(error.code ?? 'unknown'))
    probe.listen(port, host, () => probe.close(() => resolve(null)))
  })
}
