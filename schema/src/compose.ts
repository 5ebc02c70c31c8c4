import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { composeServices } from '@apollo/composition'
import type { GraphQLError } from 'graphql'
import { readSubgraphs } from './subgraphs.ts'

const HELP = `Usage: npm run compose -- [--check]

Composes the schemas that schema/supergraph.yaml lists into schema/supergraph.graphql.
  --check   write nothing; exit 1 when the committed file is not what composes now`

const target = join(import.meta.dirname, '../supergraph.graphql')
const WARNING = 60 // composition's hint levels: 60 is a warning, lower ones are remarks

function main(): void {
  const { values } = parseArgs({ options: { check: { type: 'boolean' }, help: { type: 'boolean' } } })
  if (values.help) {
    console.log(HELP)
    return
  }

  const subgraphs = readSubgraphs()
  const { supergraphSdl, errors, hints } = composeServices(subgraphs)
  for (const error of errors ?? []) console.error(`error: ${describe(error, subgraphs)}`)
  if (!supergraphSdl) {
    console.error(`The ${subgraphs.length} subgraphs do not compose; schema/supergraph.graphql is as it was.`)
    process.exitCode = 1
    return
  }
  for (const hint of hints ?? []) {
    if (hint.definition.level.value >= WARNING) console.error(`hint: ${hint.message}`)
  }
  const composed = `# Composed by \`npm run compose\` from the schemas in supergraph.yaml. Not to be edited.\n${supergraphSdl}\n`
  if (!values.check) {
    writeFileSync(target, composed)
    console.log(`schema/supergraph.graphql: ${subgraphs.map(({ name }) => name).join(', ')}`)
  } else if (readFileSync(target, 'utf8') !== composed) {
    console.error(
      'schema/supergraph.graphql is not what the subgraphs compose to: run "npm run compose" and commit it.',
    )
    process.exitCode = 1
  }
}

function describe(error: GraphQLError, subgraphs: { name: string; file: string }[]): string {
  const places = (error.nodes ?? []).flatMap((node) => {
    const subgraph = subgraphs.find(({ name }) => name === (node as { subgraph?: string }).subgraph)
    return node.loc && subgraph ? [`${subgraph.file}:${node.loc.startToken.line}:${node.loc.startToken.column}`] : []
  })
  return [error.message, ...places].join('\n  at ')
}

try {
  main()
} catch (error) {
  console.error((error as Error).message)
  process.exitCode = 2
}
