import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { composeGraph } from '@commerce/schema/check/graph.ts'
import { randomFrom } from '@commerce/schema/check/soundness/edits.ts'
import { randomOperation } from '@commerce/schema/check/soundness/random-operation.ts'
import { readSubgraphs } from '@commerce/schema/subgraphs.ts'
import { type GraphQLSchema, parse, print, validate } from 'graphql'
import { stringify } from 'yaml'

/** A repository of its own: the graph's schemas as they are, committed, and then a change of each that is not. */
export interface Stage {
  list: string
  subgraphs: number
  types: number
  operations: number
  remove(): void
}

const changed = '\nextend type Query {\n  "The day on which the terms were checked."\n  NAME: String\n}\n'

/** Puts the stage up: `count` different valid operations, the same each time, of five clients. */
export function setStage(count: number): Stage {
  const folder = mkdtempSync(join(tmpdir(), 'schema-check-bench-'))
  const subgraphs = readSubgraphs()
  const { graph } = composeGraph(subgraphs)
  if (!graph) throw new Error('The subgraphs of the project do not compose.')
  const git = (...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=bench', '-c', 'user.email=bench@localhost', ...args], { cwd: folder })
  const list = Object.fromEntries(
    subgraphs.map(({ name, url }) => [name, { routing_url: url, schema: { file: `${name}.graphql` } }]),
  )
  writeFileSync(join(folder, 'supergraph.yaml'), stringify({ subgraphs: list }))
  for (const { name, typeDefs } of subgraphs) writeFileSync(join(folder, `${name}.graphql`), print(typeDefs))
  const operations = operationsOn(graph.api, count)
  for (let client = 0; client < 5; client++) {
    mkdirSync(join(folder, `operations/client-${client}`), { recursive: true })
    const own = operations.flatMap((body, index) => (index % 5 === client ? [[`${index}`, body]] : []))
    writeFileSync(join(folder, `operations/client-${client}/manifest.json`), JSON.stringify(Object.fromEntries(own)))
  }
  git('init', '-q')
  git('add', '.')
  git('commit', '-qm', 'the graph')
  for (const { name, typeDefs } of subgraphs) {
    const text = `${print(typeDefs)}${changed.replace('NAME', `${name}CheckedAt`)}`
    writeFileSync(join(folder, `${name}.graphql`), text)
  }
  return {
    list: join(folder, 'supergraph.yaml'),
    subgraphs: subgraphs.length,
    types: Object.keys(graph.api.getTypeMap()).length,
    operations: operations.length,
    remove: () => rmSync(folder, { recursive: true }),
  }
}

function operationsOn(api: GraphQLSchema, count: number): string[] {
  const random = randomFrom(500)
  const found = new Set<string>()
  for (let tries = 0; found.size < count && tries < count * 20; tries++) {
    const { body } = randomOperation(api, random)
    if (validate(api, parse(body)).length === 0) found.add(body)
  }
  return [...found]
}
