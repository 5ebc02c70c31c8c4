import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { aliveShape } from './alive.ts'
import * as commands from './commands.ts'
import { contracts } from './contracts.ts'

const HELP = `Usage: npm run events -- [--check]

Writes docs/asyncapi.json, the document of every event and command, from the contracts that the code itself checks with.
  --check   write nothing; exit 1 when the committed document is another one`

const target = join(import.meta.dirname, '../../../docs/asyncapi.json')
const REPLY = {
  type: 'object',
  properties: {
    changed: {
      type: 'string',
      description: 'What was changed, as a JSON object: event subject to version. Absent when nothing was.',
    },
  },
}
const entries = Object.entries(contracts)

const document = {
  asyncapi: '3.0.0',
  info: {
    title: 'Events and commands of the commerce supergraph',
    version: '1.0.0',
    description:
      'Events are CloudEvents 1.0 in JSON on the JetStream stream COMMERCE, with `version` (grows by one with every change of the entity) and `traceparent` as extension attributes. The last token of an address is the entity key: letters, digits, `-` and `_` as they are, every other byte as `=XX`. Commands are request/reply over NATS services.',
  },
  channels: {
    ...Object.fromEntries(
      entries.map(([type, { key }]) => [
        type,
        {
          address: `${type}.{${key}}`,
          parameters: { [key]: { description: 'The encoded key of the entity.' } },
          messages: { [type]: { $ref: `#/components/messages/${type}` } },
        },
      ]),
    ),
    ...Object.fromEntries(
      Object.values(commands).map(({ service, name }) => [
        `command.${service}.${name}`,
        {
          address: `command.${service}.${name}`,
          messages: {
            input: { $ref: `#/components/messages/${name}` },
            output: { $ref: `#/components/messages/${name}.output` },
          },
        },
      ]),
    ),
    alive: {
      address: 'alive.{source}',
      description:
        'Core NATS, not on the stream: said twice a second by each relay of a source as long as every event that was committed more than a second ago has left. A source that was heard and then is silent for 3 seconds is stalled: it may have changed and nobody heard.',
      parameters: { source: { description: 'The first token of the addresses of its events: `catalog`.' } },
      messages: { alive: { $ref: '#/components/messages/alive' } },
    },
  },
  components: {
    messages: {
      alive: { name: 'alive', contentType: 'application/json', payload: schema(aliveShape) },
      ...Object.fromEntries(
        entries.map(([type, { summary, data }]) => [
          type,
          { name: type, summary, contentType: 'application/cloudevents+json', payload: cloudEvent(type, data) },
        ]),
      ),
      ...Object.fromEntries(
        Object.values(commands).flatMap(({ name, input, output }) => [
          [name, { name, contentType: 'application/json', payload: schema(input) }],
          [
            `${name}.output`,
            { name: `${name}.output`, contentType: 'application/json', headers: REPLY, payload: schema(output) },
          ],
        ]),
      ),
    },
  },
}

function cloudEvent(type: string, data: z.ZodType): object {
  return {
    type: 'object',
    required: ['specversion', 'id', 'source', 'type', 'subject', 'time', 'version', 'data'],
    properties: {
      specversion: { const: '1.0' },
      id: { type: 'string', format: 'uuid', description: 'The same when an event arrives again.' },
      source: { type: 'string', description: 'The subgraph: `/catalog`.' },
      type: { const: type },
      subject: { type: 'string', description: 'The entity key, plain.' },
      time: { type: 'string', format: 'date-time' },
      datacontenttype: { const: 'application/json' },
      version: { type: 'integer', minimum: 1 },
      traceparent: { type: 'string', description: 'W3C Trace Context.' },
      data: schema(data),
    },
  }
}

function schema(type: z.ZodType): object {
  const { $schema: _, ...rest } = z.toJSONSchema(type)
  return rest
}

const text = `${JSON.stringify(document, null, 2)}\n`
if (process.argv.includes('--help')) console.log(HELP)
else if (!process.argv.includes('--check')) {
  writeFileSync(target, text)
  console.log('docs/asyncapi.json')
} else if (readFileSync(target, 'utf8') !== text) {
  console.error('docs/asyncapi.json is not what the contracts say: run "npm run events" and commit it.')
  process.exitCode = 1
}
