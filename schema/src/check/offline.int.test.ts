import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'

const folder = mkdtempSync(join(tmpdir(), 'offline-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** Loaded before anything else: whatever would leave the process fails, and is written down. */
const guard = join(folder, 'guard.mjs')
writeFileSync(
  guard,
  `import { appendFileSync } from 'node:fs'
import dgram from 'node:dgram'
import dns from 'node:dns'
import net from 'node:net'
import { syncBuiltinESMExports } from 'node:module'
const refuse = (what) => function () {
  appendFileSync(process.env.TOLD, what + '\\n')
  throw new Error('No network here: ' + what)
}
net.Socket.prototype.connect = refuse('connect')
net.Server.prototype.listen = refuse('listen')
dgram.createSocket = refuse('udp')
for (const api of [dns, dns.promises]) for (const name of ['lookup', 'resolve', 'resolve4', 'resolve6']) api[name] = refuse('dns')
globalThis.fetch = refuse('fetch')
syncBuiltinESMExports()
`,
)

/** Runs a program without a network: git, which is a process of its own, may use no transport. */
function offline(args: string[]) {
  const told = join(folder, 'told')
  writeFileSync(told, '')
  const env = { PATH: process.env.PATH, HOME: folder, TOLD: told, GIT_ALLOW_PROTOCOL: '', GIT_TERMINAL_PROMPT: '0' }
  const { status, stderr, stdout } = spawnSync(process.execPath, ['--import', guard, ...args], {
    env,
    encoding: 'utf8',
  })
  return { status, stdout, stderr, told: readFileSync(told, 'utf8').split('\n').filter(Boolean) }
}

test('schema:check of the project uses no network', () => {
  const { status, stdout, stderr, told } = offline([
    join(import.meta.dirname, 'main.ts'),
    '--base',
    'HEAD',
    '--format',
    'json',
  ])
  expect([stderr, told]).toEqual(['', []])
  expect([0, 1]).toContain(status)
  expect(JSON.parse(stdout)).toMatchObject({ version: 1 })
}, 60_000)

test.each([
  ['fetch', `await fetch('http://127.0.0.1:9')`],
  ['connect', `import('node:http').then(({ get }) => get('http://127.0.0.1:9'))`],
  ['connect', `import('node:net').then(({ connect }) => connect(9, '127.0.0.1'))`],
  ['dns', `import('node:dns/promises').then(({ lookup }) => lookup('localhost'))`],
  ['udp', `import('node:dgram').then(({ createSocket }) => createSocket('udp4'))`],
])('one that does is seen: %s', (what, code) => {
  expect(offline(['--input-type=module', '-e', code])).toMatchObject({ status: 1, told: [what] })
})

test('git can reach nothing either', () => {
  const code = `const { spawnSync } = await import('node:child_process'); const { status, stderr } = spawnSync('git', ['ls-remote', 'https://127.0.0.1:9/x']); process.stderr.write(stderr); process.exit(status)`
  expect(offline(['--input-type=module', '-e', code]).stderr).toContain("transport 'https' not allowed")
})
