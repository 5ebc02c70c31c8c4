import type { Report } from '../report.ts'
import { asGithub } from './github.ts'
import { asJson } from './json.ts'
import { asJunit } from './junit.ts'
import { asMarkdown } from './markdown.ts'
import { asSarif } from './sarif.ts'
import { asText } from './text.ts'

/** Each format by the name that `--format` takes. */
export const formats: Readonly<Record<string, (report: Report) => string>> = {
  text: asText,
  markdown: asMarkdown,
  json: asJson,
  github: asGithub,
  junit: asJunit,
  sarif: asSarif,
}
