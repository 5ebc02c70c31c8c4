import { readdirSync, readFileSync } from 'node:fs'
import { cpuSeconds } from './usage.ts'

/** Who a process is, by a word of its command line. */
const ROLES: readonly (readonly [word: string, role: string])[] = [
  ['gateway/src/main.ts', 'gateway'],
  ['subgraphs/catalog/', 'catalog'],
  ['subgraphs/inventory/', 'inventory'],
  ['subgraphs/search/', 'search'],
  ['subgraphs/checkout/', 'checkout'],
  ['postgres', 'postgres'],
  ['nats-server', 'nats'],
]

/** Processor seconds that this process (`bench`) and those that it started have used so far, by who they are. */
export function cpuByRole(root: number): Map<string, number> {
  const children = Map.groupBy(processes(), ({ parent }) => parent)
  const spent = new Map([['bench', cpuOf(root)]])
  const visit = (pid: number): void => {
    for (const { pid: child } of children.get(pid) ?? []) {
      const line = read(`/proc/${child}/cmdline`)
      const role = line.includes('LEASH') ? undefined : ROLES.find(([word]) => line.includes(word))?.[1]
      if (role) spent.set(role, (spent.get(role) ?? 0) + cpuOf(child))
      visit(child)
    }
  }
  visit(root)
  return spent
}

/** Shares of one core between two readings. What has ended meanwhile is not counted. */
export function sharesOf(
  before: ReadonlyMap<string, number>,
  after: ReadonlyMap<string, number>,
  seconds: number,
): Record<string, number> {
  return Object.fromEntries(
    [...after].map(([role, spent]) => [role, Math.max(0, (spent - (before.get(role) ?? 0)) / seconds)]),
  )
}

function processes(): { pid: number; parent: number }[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 0)
    .map((pid) => ({ pid, parent: Number(/^PPid:\s+(\d+)/m.exec(read(`/proc/${pid}/status`))?.[1]) }))
}

function cpuOf(pid: number): number {
  try {
    return cpuSeconds(pid)
  } catch {
    return 0 // it ended between the listing and now
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
