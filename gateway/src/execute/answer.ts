import { type SubgraphError, SubgraphFailure, subgraphErrors } from './errors.ts'
import { type Data, isData } from './own.ts'

/** One answer of a subgraph, checked for shape; `data` is null when it sent none. */
export interface Answer {
  data: Data | null
  errors: SubgraphError[]
}

/** What came over the wire; `text` is null when it was more than allowed. */
export interface Received {
  status: number
  text: string | null
}

/** Reads a body as UTF-8, at most `max` bytes; null when there is more, which is then not read. */
export async function readBounded(
  body: AsyncIterable<Buffer> & { destroy(): unknown },
  max: number,
): Promise<string | null> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of body) {
    size += chunk.length
    // Leaving the loop destroys the stream, so the rest is never read.
    if (size > max) return null
    chunks.push(chunk)
  }
  return (chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks)).toString('utf8')
}

/** The GraphQL answer in what was received; throws a `SubgraphFailure` when there is none. */
export function readAnswer(service: string, { status, text }: Received): Answer {
  const failed = (what: string): SubgraphFailure => {
    // A proxy in front of a subgraph that is gone answers 502 or 503 with a page of its own.
    if (status >= 500) {
      return new SubgraphFailure(
        'SUBGRAPH_UNAVAILABLE',
        service,
        `Subgraph "${service}" answered with status ${status}.`,
      )
    }
    return new SubgraphFailure('SUBGRAPH_MALFORMED', service, `Subgraph "${service}" ${what}.`)
  }
  if (text === null) throw failed('sent an answer that is too large')
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw failed('did not answer with JSON')
  }
  const { data, errors } = isData(value) ? value : {}
  const hasData = isData(data) || data === null || (data === undefined && Array.isArray(errors))
  if (!hasData) throw failed('did not answer with a GraphQL result')
  return { data: isData(data) ? data : null, errors: subgraphErrors(errors, service) }
}
