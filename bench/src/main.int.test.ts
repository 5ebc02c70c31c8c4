// Long because each bench is run once, as its users do, and what it prints is looked at.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { compileCache, eventually, whenDone } from '@commerce/local/testing.ts'
import { afterAll, describe, expect, test } from 'vitest'

const scratch = await mkdtemp(join(tmpdir(), 'bench-test-'))
afterAll(() => rm(scratch, { recursive: true }))

function start(...args: string[]) {
  // A folder of its own for what a killed bench cannot remove.
  const folder = mkdtempSync(join(scratch, 'run-'))
  const child = spawn(process.execPath, [join(import.meta.dirname, 'main.ts'), ...args], {
    env: { PATH: '/usr/bin:/bin', TMPDIR: folder, ...compileCache },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  whenDone(async () => {
    if (child.exitCode === null && child.signalCode === null && child.kill('SIGKILL')) await once(child, 'exit')
  })
  return { child, folder }
}

async function run(...args: string[]) {
  const { child } = start(...args)
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)])
  if (child.exitCode === null) await once(child, 'exit')
  return { code: child.exitCode, out, err }
}

// Each run mostly waits for what it measures, so they wait together.
describe.concurrent('npm run bench', { timeout: 120_000 }, () => {
  test.each([
    [
      ['nope'],
      'There is no bench "nope"; there are: cache, checkout, gateway, holds, propagation, schema-check, search, subscriptions.',
    ],
    [
      ['--nope'],
      "Unknown option '--nope'; a bench comes first: cache, checkout, gateway, holds, propagation, schema-check, search, subscriptions. See --help.",
    ],
    [['gateway', '--nope'], "Unknown option '--nope'. See --help."],
    [
      ['gateway', '--soak', '1', '--only', 'ours', '--quick'],
      '--soak runs ours alone on reviews: leave out --only, --quick. See --help.',
    ],
    [['gateway', '--seconds', '0'], 'Expected --seconds to be a whole number from 1 to 9999, got "0".'],
    [['gateway', '--only', 'ours,theirs'], 'There is no contestant "theirs"; there are: ours, stock, hive, bare.'],
    [['gateway', '--scenario', 'x'], 'There is no scenario "x"; there are: reviews, product-page.'],
  ])('says in one line what is wrong with %j', async (args, message) => {
    const { code, out, err } = await run(...args)
    expect([code, out]).toEqual([2, ''])
    expect(err.trim().split('\n')).toHaveLength(1)
    expect(err).toContain(message)
  })

  test('without a name it says what there is, and fails', async () => {
    const { code, out, err } = await run()
    expect([code, out]).toEqual([2, ''])
    expect(err).toContain('Usage: npm run bench -- <name>')
  })

  test('explains itself', async () => {
    const { code, out } = await run('--help')
    expect(code).toBe(0)
    expect(out).toContain('--json')
    expect(out).toContain('--soak <minutes>')
  })

  const linux = test.skipIf(process.platform !== 'linux')

  linux('measures and prints one JSON object, with every goal', async () => {
    const { code, out, err } = await run('gateway', '--json', '--quick', '--only', 'bare', '--scenario', 'reviews')
    expect([code, err]).toEqual([0, expect.stringContaining('round 1, bare')])
    const report = JSON.parse(out)
    expect(Object.keys(report)).toEqual(['name', 'machine', 'seconds', 'results', 'goals'])
    expect(report).toMatchObject({ name: 'gateway', machine: { node: process.version } })
    expect(report.results).toMatchObject([{ contestant: 'bare', answerBytes: 87_599, errors: 0 }])
    for (const key of ['requestsPerSecond', 'p50Ms', 'p99Ms', 'cpuMsPerRequest', 'rssMaxMb']) {
      expect(report.results[0][key]).toBeGreaterThan(0)
    }
    expect(report.results[0].generatorCpu).toBeGreaterThanOrEqual(0)
    expect(report.goals).toHaveLength(7)
    expect(report.goals[0]).toMatchObject({ value: null, met: false })
  })

  linux('counts stale answers of the caches while prices are written', async () => {
    const { code, out, err } = await run(
      'cache',
      '--json',
      '--quick',
      '--only',
      'ours,bare',
      '--scenario',
      'product-page',
    )
    expect([code, err]).toEqual([0, expect.stringContaining('100 writes/s, ours')])
    const { results, goals } = JSON.parse(out)
    expect(results).toHaveLength(6)
    for (const row of results) {
      expect(row).toMatchObject({ scenario: 'product-page', errors: 0, writesFailed: 0 })
      if (row.writesPerSecond > 0) expect(row.acknowledgedPerSecond).toBeGreaterThan(0)
      const isOurs = row.contestant === 'ours'
      expect([row.stale0Ms, row.stale1000Ms, row.oldestMs]).toEqual(isOurs ? [0, 0, 0] : [null, null, null])
      // Nearly none: a gateway that had to wait for the processor so long that it heard nothing asks anew.
      if (isOurs && row.writesPerSecond === 0) expect(row.subgraphRequestsPerQuery).toBeLessThan(0.01)
    }
    expect(goals).toHaveLength(7)
    expect(goals[2]).toMatchObject({ value: 0, met: true })
  })

  linux('follows changes from one gateway to the other, and loses none', async () => {
    const { code, out, err } = await run('propagation', '--json', '--quick', '--seconds', '1')
    expect([code, err]).toEqual([0, expect.stringMatching(/50\/s: \d+\/s acknowledged/)])
    const { results, goals } = JSON.parse(out)
    expect(results).toMatchObject([
      { seenBy: 'read', lost: 0, reordered: 0, failed: 0 },
      { seenBy: 'message', lost: 0, reordered: 0, failed: 0 },
    ])
    for (const { changes, p50Ms, p99Ms, maxMs } of results) {
      expect(changes).toBeGreaterThan(0)
      expect(p50Ms).toBeGreaterThan(0) // nothing is seen before it is committed
      expect([p50Ms, p99Ms, maxMs]).toEqual([p50Ms, p99Ms, maxMs].toSorted((a, b) => a - b))
    }
    expect(goals).toHaveLength(8)
  })

  linux('places orders of every demand at full and at half load, and opens pages while nobody can pay', async () => {
    const { code, out, err } = await run('checkout', '--json', '--quick', '--buyers', '8')
    expect([code, err]).toEqual([0, expect.stringContaining('round 1, one SKU')])
    const { results, goals } = JSON.parse(out)
    expect(results).toMatchObject([
      { demand: 'spread', load: 'full', failed: 0 },
      { demand: 'spread', load: 'half', failed: 0 },
      { demand: 'one SKU', load: 'full', failed: 0 },
      { demand: 'one SKU', load: 'half', failed: 0 },
      { paymentProvider: 'is not asked', failed: 0, ordersPlaced: 0 },
      { paymentProvider: 'answers', failed: 0 },
      { paymentProvider: 'hangs', failed: 0 },
    ])
    for (const { ordersPerSecond } of results.slice(0, 4)) expect(ordersPerSecond).toBeGreaterThan(0)
    for (const { pagesPerSecond } of results.slice(4)) expect(pagesPerSecond).toBeGreaterThan(0)
    expect(goals).toHaveLength(6)
  })

  linux('sends the same to every subscriber, and the last state of a burst to all of them', async () => {
    const { code, out, err } = await run('subscriptions', '--json', '--quick', '--only', 'ours,bare')
    expect([code, err]).toEqual([0, expect.stringContaining('a burst of')])
    const { results, goals } = JSON.parse(out)
    expect(results).toMatchObject([
      { server: 'ours', clients: 200, behind: 0, reordered: 0, ended: 0 },
      { server: 'bare', clients: 200, behind: null, reordered: 0, ended: 0 },
    ])
    // 200 clients, and far fewer messages than changes for each of them.
    expect(results[0].burstMessages).toBeGreaterThanOrEqual(200)
    expect(results[0].burstChanges).toBeGreaterThan(100)
    expect(goals).toHaveLength(7)
  })

  test('sees the units of a hold again when its deadline has passed, and not before', async () => {
    const { code, out, err } = await run('holds', '--json', '--quick')
    expect([code, err]).toEqual([0, expect.stringContaining('filling the shelves')])
    expect(JSON.parse(out).results).toMatchObject([{ holds: 10, early: 0, p50Ms: expect.any(Number) }])
  })

  linux('compares answers, then times searches, and follows changes to the search that shows them', async () => {
    const { code, out, err } = await run('search', '--json', '--quick', '--only', 'ours,sqlite')
    expect([code, err]).toEqual([0, expect.stringContaining('200 changes/s')])
    const { results, goals } = JSON.parse(out)
    const built = results.filter((row: object) => 'indexMb' in row)
    expect(built).toMatchObject([
      { contestant: 'ours', products: 3_000, differing: 0 },
      { contestant: 'sqlite', products: 3_000, differing: 0 },
      { contestant: 'ours', products: 6_000 },
    ])
    for (const row of built.slice(0, 2)) expect(row.recounted).toBeGreaterThan(0)
    const timed = results.filter((row: object) => 'what' in row)
    expect(timed).toHaveLength(10) // SQLite suggests nothing, and finds nothing when it is asked for nothing
    for (const { p50Ms, updatesPerSecond, contestant } of timed) {
      expect(p50Ms).toBeGreaterThan(0)
      if (contestant === 'sqlite') expect(updatesPerSecond).toBe(0)
    }
    expect(results.filter((row: object) => 'change' in row)).toMatchObject([
      { change: 'stock', lost: 0, failed: 0 },
      { change: 'price', lost: 0, failed: 0 },
    ])
    expect(goals).toHaveLength(6)
  })

  linux.each(['SIGINT', 'SIGKILL'] as const)('leaves no process behind after %s', async (signal) => {
    const { child, folder } = start('gateway', '--only', 'bare', '--scenario', 'reviews', '--seconds', '60')
    child.stdout.resume()
    for await (const line of createInterface({ input: child.stderr })) if (line.includes('warming up')) break
    const before = descendants(child.pid ?? 0)
    // Subgraphs, load generator, the leash's shell and the server below it.
    expect(before.length).toBeGreaterThanOrEqual(4)
    const exited = once(child, 'exit')
    child.kill(signal)
    await exited
    await eventually('all of them have ended', async () => before.every((pid) => commandOf(pid) === ''))
    if (signal === 'SIGINT') expect(readdirSync(folder)).toEqual([])
  })
})

function descendants(parent: number): number[] {
  const children = readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 0 && parentOf(pid) === parent)
  return children.flatMap((pid) => [pid, ...descendants(pid)])
}

function parentOf(pid: number): number {
  return Number(/^PPid:\s+(\d+)/m.exec(read(`/proc/${pid}/status`))?.[1])
}

/** Empty for one that has ended. */
function commandOf(pid: number): string {
  return read(`/proc/${pid}/cmdline`)
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
