import { cpus } from 'node:os'
import type { Goal, Row } from './bench.ts'

/** What a bench prints and keeps. */
export interface Report {
  name: string
  machine: { cpu: string; cores: number; node: string }
  seconds: number
  results: Row[]
  goals: Goal[]
}

/** The machine that the numbers belong to. */
export function machine(): Report['machine'] {
  const all = cpus()
  return { cpu: all[0]?.model.trim() ?? 'unknown', cores: all.length, node: process.version }
}

/** The report as tables for people: rows with the same columns together, then the goals. */
export function asText({ name, machine: { cpu, cores, node }, seconds, results, goals }: Report): string {
  const groups = Map.groupBy(results, (row) => Object.keys(row).join())
  return [
    `${name}: ${cpu}, ${cores} cores, Node ${node}, ${Math.round(seconds)} s`,
    ...[...groups.values()].map(table),
    table(
      goals.map(({ met, ...goal }) => ({ ...goal, met: met ? 'yes' : goal.value === null ? 'not measured' : 'NO' })),
    ),
  ]
    .filter(Boolean)
    .join('\n\n')
}

function table(rows: readonly Row[]): string {
  const [first] = rows
  if (!first) return ''
  const keys = Object.keys(first).filter((key) => key !== 'note')
  const notes = [...new Set(rows.flatMap(({ note }) => (note ? [`  ${note}`] : [])))]
  const columns = keys.map((key) => {
    const cells = rows.map((row) => cell(row[key]))
    const numeric = rows.every((row) => typeof row[key] !== 'string')
    const width = Math.max(key.length, ...cells.map(({ length }) => length))
    return [key, ...cells].map((text) => (numeric ? text.padStart(width) : text.padEnd(width)))
  })
  const lines = [first, ...rows].map((_, line) =>
    columns
      .map((column) => column[line])
      .join('  ')
      .trimEnd(),
  )
  return [...lines, ...notes].join('\n')
}

function cell(value: Row[string] | undefined): string {
  if (value === null || value === undefined) return '-'
  return typeof value === 'object' ? value.join('-') : String(value)
}
