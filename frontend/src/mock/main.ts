import { once } from 'node:events'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { readApi, runCommand, supergraphFile, UsageError } from '../api.ts'
import { mockSchema } from './schema.ts'
import { serveMock } from './server.ts'

const HELP = `Usage: npm run mock -- [--port <n>] [--seed <text>] [--supergraph <file>]

Serves the API schema with made-up data: no database, no subgraph. The same id has the same data in every answer and after
every start; connections, node(id), links between objects, and what subscriptions start with hold together. Nothing is kept:
a mutation answers, and changes nothing.
  --port <n>           where to listen on this machine (default 4010; 0 takes a free port)
  --seed <text>        another text makes other data (default "shop")
  --supergraph <file>  whose API (default schema/supergraph.graphql)
  --help               this text`

await runCommand(async () => {
  const { values } = parseArgs({
    options: {
      port: { type: 'string', default: '4010' },
      seed: { type: 'string', default: 'shop' },
      supergraph: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    },
  })
  if (values.help) return console.log(HELP)
  const port = Number(values.port)
  if (!/^\d{1,5}$/.test(values.port) || port > 65_535)
    throw new UsageError(`--port takes 0 to 65535, not "${values.port}"`)
  const { schema } = readApi(values.supergraph === undefined ? supergraphFile : resolve(values.supergraph))
  const server = await serveMock(mockSchema(schema, values.seed), { host: '127.0.0.1', port }).catch((error) => {
    if (error.code === 'EADDRINUSE') throw new Error(`Port ${port} is in use: choose another with --port.`)
    throw error
  })
  console.log(`The mocked graph is at ${server.url}/graphql, GraphiQL at ${server.url}.`)
  await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')])
  await server.stop()
})
