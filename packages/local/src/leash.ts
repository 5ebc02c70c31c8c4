import { type ChildProcess, spawn } from 'node:child_process'
import { createWriteStream } from 'node:fs'

/** What the leashed server does on SIGINT or SIGTERM is its own choice: the caller names the signal that means "stop now, cleanly". */
export interface LeashOptions {
  cwd?: string
  /** Run as this user (only root can). */
  uid?: number
  gid?: number
  stopSignal: 'INT' | 'TERM'
  /** Where everything it prints is kept, of this start only. */
  logFile?: string
}

export interface Leashed {
  process: ChildProcess
  /** The last 20 KB of what it printed. */
  output(): string
  /** Resolves with the exit code when the server has ended, for whatever reason. */
  exited: Promise<number | null>
  /** Asks the server to stop and waits; after `graceMs` it is killed. */
  stop(graceMs?: number): Promise<void>
}

// The shell holds one end of a pipe. When the other end closes, because we stopped or because we were killed hard,
// it passes the stop signal on: no server outlives the process that started it.
const LEASH = `
exec 3<&0
"$@" </dev/null 3<&- &
child=$!
{ read -r _ <&3; kill -s "$LEASH_SIGNAL" "$child" 2>/dev/null; } >/dev/null 2>&1 &
reader=$!
exec 3<&-
wait "$child"; code=$?
kill "$reader" 2>/dev/null
exit "$code"`

/** Starts a server that ends when this process ends, even if this process is killed. Output arrives on `process.stdout` and `process.stderr`. */
export function leash(command: string, args: string[], options: LeashOptions): Leashed {
  const child = spawn('/bin/sh', ['-c', LEASH, 'leash', command, ...args], {
    cwd: options.cwd,
    uid: options.uid,
    gid: options.gid,
    detached: true, // Ctrl-C reaches only us: we stop our servers in order
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH, HOME: '/', LC_ALL: 'C', LEASH_SIGNAL: options.stopSignal },
  })
  child.stdin?.on('error', () => {})
  const log = options.logFile ? createWriteStream(options.logFile) : undefined
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => {
      output = (output + chunk).slice(-20_000)
      log?.write(chunk)
    })
  }
  const exited = new Promise<number | null>((resolve) => {
    child.once('error', () => resolve(null))
    child.once('exit', (code) => resolve(code))
  })
  return {
    process: child,
    output: () => output,
    exited,
    async stop(graceMs = 10_000) {
      child.stdin?.destroy()
      const timer = setTimeout(() => {
        // The whole group: the shell and the server it could not persuade.
        if (child.pid && child.exitCode === null) process.kill(-child.pid, 'SIGKILL')
      }, graceMs)
      await exited
      clearTimeout(timer)
    },
  }
}
