/** What `--help` prints; a test holds its settings against those that are read. */
export const help = `A gateway for any Federation 2 supergraph; this shop's when nothing is said.

Usage: npm run gateway -- [options]

  --supergraph <file>  the composed supergraph (SUPERGRAPH, default schema/supergraph.graphql), or "nats" for the one
                       that is published on NATS ("nats:<graph>" where several are), which all replicas take over together
  --fallback <file>    what to start with when NATS has none within 5 seconds (SUPERGRAPH_FALLBACK, default: do not start)
  --operations <folder>  recorded operations, planned before clients ask for them (OPERATIONS)
  --publish <file>     checks a supergraph and publishes it on NATS, instead of starting a gateway
  --swap-in <seconds>  when published supergraphs are taken over (default 5)
  --port <number>      where to listen; 0 takes a free port (PORT, default 4000)
  --help               this text

A supergraph of your own: npm run compose -- --config <yaml> --out <file>

Settings come from the environment; an option goes before its variable:
  where                HOST, PORT, SUPERGRAPH, SUPERGRAPH_FALLBACK, OPERATIONS, SUBGRAPH_URL_<NAME>, NATS_URL
  subgraphs            SUBGRAPH_TIMEOUT_MS, SHARE_IN_FLIGHT, CACHE_MB, GATEWAY_SECRET
  who may what         JWT_SECRET or JWT_JWKS_URL, JWT_ISSUER, JWT_AUDIENCE, UNAUTHORIZED, NODE_ENV, INTROSPECTION,
                       CORS_ORIGINS, TRUSTED_DOCUMENTS
  limits               MAX_OPERATION_COST, MAX_OPERATION_DEPTH, MAX_CONNECTIONS, MAX_CONNECTIONS_PER_VIEWER
  watching             LOG_LEVEL, METRICS_TOKEN, TRACE_DOCUMENTS, OTEL_EXPORTER_OTLP_ENDPOINT,
                       OTEL_EXPORTER_OTLP_TRACES_ENDPOINT, OTEL_EXPORTER_OTLP_PROTOCOL, OTEL_EXPORTER_OTLP_HEADERS,
                       OTEL_TRACES_SAMPLER, OTEL_TRACES_SAMPLER_ARG, OTEL_SERVICE_NAME, OTEL_SDK_DISABLED,
                       OTEL_TRACES_EXPORTER
What each means and its default: gateway/README.md.
`
