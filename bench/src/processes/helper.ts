import { type ChildProcess, spawn } from 'node:child_process'
import { pinned } from './pin.ts'

/** A process of the bench's own that answers messages; it ends when the bench ends, however that happens. */
export interface Helper<Ask, Reply> {
  pid: number
  /** Rejects with the helper's sentence, or when it ends before it answers. */
  ask(message: Ask): Promise<Reply>
  stop(): Promise<void>
}

/** Starts a TypeScript file as a helper on a core (null: wherever the system puts it), with options for Node. */
export function startHelper<Ask, Reply>(
  file: string,
  args: string[],
  core: number | null,
  nodeOptions: readonly string[] = [],
): Helper<Ask, Reply> {
  const [command, ...rest] = pinned(core, [process.execPath, ...nodeOptions, file, ...args])
  const child: ChildProcess = spawn(command, rest, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
  const waiting = new Map<number, { resolve(reply: Reply): void; reject(error: Error): void }>()
  let next = 0
  const ended = new Promise<void>((resolve) => {
    child.once('error', () => resolve())
    child.once('exit', () => resolve())
  })
  ended.then(() => {
    for (const { reject } of waiting.values()) reject(new Error(`${file} ended before it answered.`))
    waiting.clear()
  })
  child.on('message', ({ id, reply, failure }: { id: number; reply: Reply; failure?: string }) => {
    const asked = waiting.get(id)
    waiting.delete(id)
    if (failure === undefined) asked?.resolve(reply)
    else asked?.reject(new Error(failure))
  })
  return {
    pid: child.pid ?? 0,
    ask: (ask) =>
      new Promise((resolve, reject) => {
        const id = next++
        if (!child.connected) return reject(new Error(`${file} has ended.`))
        waiting.set(id, { resolve, reject })
        child.send({ id, ask })
      }),
    async stop() {
      if (child.connected) child.disconnect()
      await ended
    },
  }
}
