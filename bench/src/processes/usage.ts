import { readdirSync, readFileSync } from 'node:fs'

/** The kernel counts processor time in these for every program (`USER_HZ`), whatever its own clock is. */
const TICKS_PER_SECOND = 100

/** Processor time that a process has used so far, all threads together, in seconds (`/proc/<pid>/stat`, utime + stime). */
export function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  // The name, in parentheses, may hold spaces: fields are counted from behind it.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND
}

/** Resident memory of a process now and at its highest, in MiB (`/proc/<pid>/status`). */
export function memoryMb(pid: number): { now: number; most: number } {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  const kilobytes = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1])
  return { now: kilobytes('VmRSS') / 1024, most: kilobytes('VmHWM') / 1024 }
}

/** The child of a process whose command line names `word`, or undefined while there is none. */
export function childNaming(parent: number, word: string): number | undefined {
  return childrenNaming(parent, word)[0]
}

/** All such children, the oldest first. */
export function childrenNaming(parent: number, word: string): number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 0 && parentOf(pid) === parent && argumentsOf(pid).includes(word))
    .sort((a, b) => a - b)
}

function parentOf(pid: number): number | null {
  const stat = read(`/proc/${pid}/stat`)
  return stat ? Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]) : null
}

/** Without those of a shell's `-c`, which names the whole script. */
function argumentsOf(pid: number): string[] {
  const words = read(`/proc/${pid}/cmdline`).split('\0')
  return words[1] === '-c' ? [] : words
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return '' // it ended between the listing and now
  }
}
