import { createServer } from 'node:net'
import { StartError } from '@commerce/service/config.ts'

/** Throws one sentence when nothing can listen there now: asked before anything is started that would have to be stopped again. */
export async function refuseBusyPort({ host, port }: { host: string; port: number }): Promise<void> {
  const code = await new Promise<string | null>((resolve) => {
    const probe = createServer()
    probe.once('error', (error: { code?: string }) => resolve(error.code ?? 'unknown'))
    probe.listen(port, host, () => probe.close(() => resolve(null)))
  })
  if (code === null) return
  const another = 'choose another with --port.'
  if (code === 'EADDRINUSE') throw new StartError(`Port ${port} is in use: stop what listens there, or ${another}`)
  if (code === 'EACCES') throw new StartError(`Port ${port} is not allowed for this user: ${another}`)
  throw new StartError(`Nothing can listen at ${host}:${port} (${code}): set HOST to an address of this machine.`)
}
