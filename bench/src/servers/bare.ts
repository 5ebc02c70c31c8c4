import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'

// The ceiling: Node's own HTTP server reads the request and sends bytes that it already has.
const [file = '', port] = process.argv.slice(2)
const answer = readFileSync(file)

const server = createServer((request, response) => {
  request.resume()
  request.on('end', () => {
    response.writeHead(200, { 'content-type': 'application/json; charset=utf-8', 'content-length': answer.length })
    response.end(answer)
  })
})
server.keepAliveTimeout = 65_000
server.listen(Number(port), '127.0.0.1')
