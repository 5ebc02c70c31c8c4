import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Tools } from './bench.ts'

/** The folder with the other gateways' own package.json, outside the workspace. */
export const peersFolder = join(import.meta.dirname, '../peers')

/**
 * Installs the other gateways as their lock file pins them, unless they are there; npm prints to stderr. Resolves to whether
 * they are there: without a registry the rest can still be measured.
 */
export async function installPeers({ progress, signal }: Tools): Promise<boolean> {
  const { dependencies } = readPackage(peersFolder)
  const present = Object.entries(dependencies ?? {}).every(
    ([name, version]) => readPackage(join(peersFolder, 'node_modules', name)).version === version,
  )
  if (present) return true
  progress('installing the other gateways into bench/peers (about 500 MB, once) ...')
  const npm = spawn('npm', ['ci', '--ignore-scripts'], { cwd: peersFolder, stdio: ['ignore', 2, 2], signal })
  return new Promise((resolve) => {
    npm.once('error', () => resolve(false))
    npm.once('exit', (code) => resolve(code === 0))
  })
}

function readPackage(folder: string): { version?: string; dependencies?: Record<string, string> } {
  try {
    return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  } catch {
    return {}
  }
}
