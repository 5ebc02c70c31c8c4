import type { Report } from '../report.ts'
import { asJson } from './json.ts'
import { asText } from './text.ts'

/** Each format by the name that `--format` takes. */
export const formats: Readonly<Record<string, (report: Report) => string>> = {
  text: asText,
  json: asJson,
}
