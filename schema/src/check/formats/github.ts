import type { Report } from '../report.ts'
import { levelOf, told } from './levels.ts'

const commands = { error: 'error', warning: 'warning', note: 'notice' } as const

/** Workflow commands of GitHub Actions: what fails or warns stands beside its line in the pull request. */
export function asGithub({ findings }: Report): string {
  return findings
    .filter((finding) => levelOf(finding) !== 'note' || finding.approval !== null)
    .map((finding) => {
      const { place, rule, id } = finding
      const at = place ? `file=${property(place.file)},line=${place.line},col=${place.column},` : ''
      return `::${commands[levelOf(finding)]} ${at}title=${property(rule)}::${data(`${told(finding)} (${id})`)}\n`
    })
    .join('')
}

function data(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')
}

function property(text: string): string {
  return data(text).replaceAll(':', '%3A').replaceAll(',', '%2C')
}
