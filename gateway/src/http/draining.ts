const tickMs = 20
/** A thousand clients are gone in two seconds, a few at once. */
const msForEach = 2

/** Ends clients evenly within `ms`, sooner when they are few, so that they do not all come back at the same moment to the gateways that are left. */
export async function endEvenly<T>(clients: readonly T[], ms: number, end: (client: T) => void): Promise<void> {
  const spreadMs = Math.min(ms, clients.length * msForEach)
  const begun = performance.now()
  for (let next = 0; next < clients.length; ) {
    const passed = performance.now() - begun + tickMs
    const due = spreadMs <= tickMs ? clients.length : Math.ceil((passed / spreadMs) * clients.length)
    for (; next < Math.min(due, clients.length); next++) end(clients[next] as T)
    if (next < clients.length) await new Promise((resolve) => setTimeout(resolve, tickMs))
  }
}
