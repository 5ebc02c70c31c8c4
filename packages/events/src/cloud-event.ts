import { type MsgHdrs, headers as natsHeaders } from 'nats'
import type { OutboxRow } from './outbox-table.ts'
import { decodeKey } from './subject.ts'

/** An outbox row as a CloudEvent 1.0 in JSON (structured mode); `source` is that of its subgraph (`/catalog`). */
export function cloudEventOf(row: OutboxRow, source: string): string {
  return JSON.stringify({
    specversion: '1.0',
    id: row.event_id,
    source,
    type: row.type,
    subject: decodeKey(row.subject.slice(row.type.length + 1)),
    time: row.created_at.toISOString(),
    datacontenttype: 'application/json',
    version: row.version,
    ...(row.traceparent ? { traceparent: row.traceparent } : {}),
    data: row.data,
  })
}

/** Says that a message is one. */
export function cloudEventHeaders(): MsgHdrs {
  const headers = natsHeaders()
  headers.set('content-type', 'application/cloudevents+json')
  return headers
}
