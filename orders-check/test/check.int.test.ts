import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { projectRoot } from '@commerce/local/secrets.ts'
import { whenDone } from '@commerce/local/testing.ts'
import { expect, test } from 'vitest'
import type { Report } from '../src/report.ts'

async function run(...args: string[]) {
  const child = spawn(process.execPath, ['orders-check/src/main.ts', ...args], {
    cwd: projectRoot,
    env: { PATH: process.env.PATH },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  whenDone(async () => {
    if (child.exitCode === null && child.kill('SIGTERM')) await once(child, 'exit')
  })
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)])
  if (child.exitCode === null) await once(child, 'exit')
  return { code: child.exitCode, out, err }
}

test.each([
  [['--nope'], "Unknown option '--nope'"],
  [['--seconds', '0'], 'Expected --seconds to be a whole number from 1 to 86400, got "0".'],
  [['--buyers', 'many'], 'Expected --buyers to be a whole number from 1 to 200, got "many".'],
  [['--only', 'fire'], 'There is no disturbance "fire"; there are: gateway killed,'],
  [['--break', 'luck'], 'There is no guard "luck"; there are: conditional-update,'],
  [['--calm', '--only', 'NATS killed'], 'Give --calm or --only, not both.'],
])('says in one line what is wrong with %j', async (args, message) => {
  const { code, out, err } = await run(...args)
  expect([code, out]).toEqual([2, ''])
  expect(err.trim().split('\n')).toHaveLength(1)
  expect(err).toContain(message)
})

test('explains itself', async () => {
  const { code, out } = await run('--help')
  expect(code).toBe(0)
  for (const word of ['Usage: npm run check:orders', '--json', 'PostgreSQL killed']) expect(out).toContain(word)
})

test('nothing is sold twice and nothing is lost while everything is killed', async () => {
  const { code, out, err } = await run('--json', '--seconds', '24', '--seed', '7')
  const report = JSON.parse(out || 'null') as Report
  expect(report, err).not.toBeNull()
  expect(report.firstViolations).toEqual([])
  expect(report.unsettled).toEqual([])
  expect(report.results[0]?.orders).toBeGreaterThan(0)
  expect(report.disturbed.length).toBeGreaterThan(0)
  expect(code).toBe(0)
}, 240_000)
