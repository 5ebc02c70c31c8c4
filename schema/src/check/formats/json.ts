import type { Report } from '../report.ts'

/** The report as it is, for programs; `version` says its shape. */
export function asJson(report: Report): string {
  return `${JSON.stringify(report, null, 2)}\n`
}
