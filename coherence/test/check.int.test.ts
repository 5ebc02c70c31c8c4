import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { projectRoot } from '@commerce/local/secrets.ts'
import { compileCache, whenDone } from '@commerce/local/testing.ts'
import { expect, test } from 'vitest'
import type { Report } from '../src/report.ts'

async function run(...args: string[]) {
  const child = spawn(process.execPath, ['coherence/src/main.ts', ...args], {
    cwd: projectRoot,
    env: { PATH: process.env.PATH, ...compileCache },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  whenDone(async () => {
    if (child.exitCode === null && child.kill('SIGTERM')) await once(child, 'exit')
  })
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)])
  if (child.exitCode === null) await once(child, 'exit')
  return { code: child.exitCode, out, err }
}

// While the shop of the last test is started.
test.concurrent.each([
  [['--nope'], "Unknown option '--nope'"],
  [['--seconds', '0'], 'Expected --seconds to be a whole number from 1 to 86400, got "0".'],
  [['--writes', 'many'], 'Expected --writes to be a whole number from 1 to 2000, got "many".'],
  [['--only', 'fire'], 'There is no disturbance "fire"; there are: gateway killed,'],
  [['--calm', '--only', 'NATS killed'], 'Give --calm or --only, not both.'],
])('says in one line what is wrong with %j', async (args, message) => {
  const { code, out, err } = await run(...args)
  expect([code, out]).toEqual([2, ''])
  expect(err.trim().split('\n')).toHaveLength(1)
  expect(err).toContain(message)
})

test.concurrent('explains itself', async () => {
  const { code, out } = await run('--help')
  expect(code).toBe(0)
  for (const word of ['Usage: npm run check:coherence', '--json', 'gateway killed']) expect(out).toContain(word)
})

/** A busy machine reads less in the same time; less than this proves too little. */
const leastReads = 10_000

test.concurrent('no answer of a shop that is disturbed is too old', async () => {
  const { code, out, err } = await run('--json', '--seconds', '60', '--reads', '200000', '--seed', '7')
  const report = JSON.parse(out || 'null') as Report
  expect(report, err).not.toBeNull()
  expect(report.firstViolations).toEqual([])
  expect(report.violations).toBe(0)
  const [total] = report.results
  console.log(`${total?.reads} reads of at least ${leastReads}, ${report.events.length} disturbances`)
  expect(total?.reads).toBeGreaterThanOrEqual(leastReads)
  expect(report.events.map(({ what }) => what).length).toBeGreaterThan(0)
  expect(report.goals.filter(({ met }) => !met)).toEqual([])
  expect(code).toBe(0)
}, 240_000)
