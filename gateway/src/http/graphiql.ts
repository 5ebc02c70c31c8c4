import type { IncomingMessage, ServerResponse } from 'node:http'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { renderGraphiQL } from '@graphql-yoga/render-graphiql'

const defaultQuery = `# Ctrl-Enter runs this.
# The book on the left is the schema.
query Welcome {
  __schema {
    queryType {
      fields {
        name
        description
      }
    }
  }
}
`

/** Serves GraphiQL, whole and without any other host; the page is built and compressed once, when it is first asked for. */
export function graphiqlPage(): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  let page: Promise<{ plain: Buffer; compressed: Buffer }> | undefined
  return async (request, response) => {
    page ??= build()
    const { plain, compressed } = await page
    const zipped = /\bgzip\b/.test(request.headers['accept-encoding'] ?? '')
    const body = zipped ? compressed : plain
    response.writeHead(200, {
      'content-type': 'text/html; charset=utf-8',
      'content-length': body.length,
      'cache-control': 'public, max-age=3600',
      vary: 'accept-encoding',
      ...(zipped && { 'content-encoding': 'gzip' }),
    })
    response.end(request.method === 'HEAD' ? undefined : body)
  }
}

async function build(): Promise<{ plain: Buffer; compressed: Buffer }> {
  const html = renderGraphiQL({
    title: 'Commerce graph',
    // From where the page is: the whole API's, or a contract's.
    endpoint: 'graphql',
    subscriptionsProtocol: 'WS',
    defaultQuery,
    headers: '{}',
    isHeadersEditorEnabled: true,
  } as Parameters<typeof renderGraphiQL>[0])
  const plain = Buffer.from(html)
  return { plain, compressed: await promisify(gzip)(plain, { level: 6 }) }
}
