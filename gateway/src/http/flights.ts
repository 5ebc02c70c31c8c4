import type { ServerResponse } from 'node:http'
import type { Answered } from './answering.ts'
import type { Flight, KnownRequest, Passenger } from './known-requests.ts'

/** Answers written before the loop goes on: what the first clients ask next is then on its way while the others are answered. */
const answersAtOnce = 8

/**
 * Answers a known request. It joins the run of the same request that is on its way for the same `scope`, or starts one; `scope`
 * names all that an answer depends on besides the request, and with an empty one nothing is shared. A run that nobody waits for
 * any more is aborted. Rejects when the run does.
 */
export function answerKnown(
  known: KnownRequest,
  scope: string,
  run: (signal: AbortSignal) => Promise<Answered>,
  response: ServerResponse,
  write: (answered: Answered) => void,
): Promise<void> {
  return new Promise((resolve, failed) => {
    // Its client left while the request was read: nothing is begun that others would join.
    if (response.destroyed) return resolve()
    const started = scope === '' ? undefined : known.flights.get(scope)
    const flight: Flight = started ?? { passengers: [], gone: 0, landed: false, abort: new AbortController() }
    flight.passengers.push({
      answered(answer) {
        // One that cannot be written keeps nobody else from being answered.
        try {
          write(answer)
          resolve()
        } catch (error) {
          failed(error)
        }
      },
      failed,
    })
    response.once('close', () => leave(known, scope, flight))
    if (started) return
    if (scope !== '') known.flights.set(scope, flight)
    const landed = () => {
      flight.landed = true
      if (known.flights.get(scope) === flight) known.flights.delete(scope)
    }
    run(flight.abort.signal).then(
      (answered) => {
        landed()
        deliver(flight.passengers, answered, 0)
      },
      (error: unknown) => {
        landed()
        for (const passenger of flight.passengers) passenger.failed(error)
      },
    )
  })
}

/** Also called when a client was answered. */
function leave(known: KnownRequest, scope: string, flight: Flight): void {
  flight.gone++
  if (flight.landed || flight.gone < flight.passengers.length) return
  if (known.flights.get(scope) === flight) known.flights.delete(scope)
  flight.abort.abort()
}

function deliver(passengers: readonly Passenger[], answered: Answered, from: number): void {
  const to = Math.min(from + answersAtOnce, passengers.length)
  for (let i = from; i < to; i++) passengers[i]?.answered(answered)
  if (to < passengers.length) setImmediate(deliver, passengers, answered, to)
}
