import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { readApi, runCommand, supergraphFile } from '../api.ts'
import { apiFiles, contractFiles } from './api-files.ts'

const HELP = `Usage: npm run schema:types -- [--out <folder>] [--supergraph <file>]

Writes the API schema for the tools of frontend teams:
  schema.graphql       SDL, for editors and code generators
  introspection.json   the answer to the introspection query, for tools that want that
  possible-types.json  the types of each interface and union, for the cache of Apollo Client
and the same of each contract in contracts/<name>/.
  --out <folder>       where to (default schema/api, which is not committed)
  --supergraph <file>  of which supergraph (default schema/supergraph.graphql)
  --help               this text`

const project = join(import.meta.dirname, '../../..')

await runCommand(() => {
  const { values } = parseArgs({
    options: { out: { type: 'string' }, supergraph: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
  })
  if (values.help) return console.log(HELP)
  const out = values.out === undefined ? join(project, 'schema/api') : resolve(values.out)
  const api = readApi(values.supergraph === undefined ? supergraphFile : resolve(values.supergraph))
  const files = { ...apiFiles(api), ...contractFiles(api) }
  try {
    mkdirSync(out, { recursive: true })
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(out, name)), { recursive: true })
      writeFileSync(join(out, name), text)
    }
  } catch (error) {
    throw new Error(`${relative('', out)} cannot be written (${(error as { code?: string }).code}).`)
  }
  console.log(`${relative('', out) || '.'}: ${Object.keys(files).join(', ')}`)
})
