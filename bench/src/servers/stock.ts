import { readFileSync } from 'node:fs'
import { ApolloGateway } from '@apollo/gateway'
import { ApolloServer } from '@apollo/server'
import { startStandaloneServer } from '@apollo/server/standalone'

// The stock gateway as its documentation starts it.
const [file = '', port] = process.argv.slice(2)
const gateway = new ApolloGateway({ supergraphSdl: readFileSync(file, 'utf8') })
await startStandaloneServer(new ApolloServer({ gateway }), { listen: { port: Number(port), host: '127.0.0.1' } })
