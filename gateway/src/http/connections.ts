import type { SocketLimits } from '../config.ts'
import type { Identity } from '../viewer/tokens.ts'
import { Reclaiming } from './reclaiming.ts'

/** Gives a place back; doing so again changes nothing. */
export type Leave = () => void

/** Counts the clients that stay connected, over every transport: all of them, and those of each signed-in viewer. */
export class Connections {
  readonly #limits: SocketLimits
  #size = 0
  readonly #byViewer = new Map<string, number>()
  readonly #reclaiming = new Reclaiming()

  constructor(limits: SocketLimits) {
    this.#limits = limits
  }

  /** Takes a place; null when every one is taken. */
  enter(): Leave | null {
    if (this.#size >= this.#limits.connections) return null
    this.#reclaiming.connected(++this.#size)
    return once(() => this.#reclaiming.connected(--this.#size))
  }

  /** Takes one of a viewer's places; null when every one is taken. Nobody knows how many anonymous viewers there are: they are not counted. */
  enterAs(identity: Identity | null): Leave | null {
    if (!identity) return () => {}
    const { id } = identity.viewer
    const before = this.#byViewer.get(id) ?? 0
    if (before >= this.#limits.connectionsPerViewer) return null
    this.#byViewer.set(id, before + 1)
    return once(() => {
      const left = (this.#byViewer.get(id) ?? 0) - 1
      if (left > 0) this.#byViewer.set(id, left)
      else this.#byViewer.delete(id)
    })
  }
}

/** What a client is told that finds no place. */
export function noPlace(limits: SocketLimits): string {
  return `The gateway has ${limits.connections} connections, as many as it may: come back later.`
}

/** What a client is told whose viewer has no place left. */
export function noPlaceForViewer(limits: SocketLimits): string {
  return `This viewer has ${limits.connectionsPerViewer} connections, as many as one may have.`
}

function once(leave: () => void): Leave {
  let isDone = false
  return () => {
    if (isDone) return
    isDone = true
    leave()
  }
}

/** Says whether a client still keeps to a rate of messages; it may save up to five seconds' worth of them. */
export class MessageRate {
  readonly #perSecond: number
  readonly #most: number
  #left: number
  #at = performance.now()

  constructor(perSecond: number) {
    this.#perSecond = perSecond
    this.#most = perSecond * 5
    this.#left = this.#most
  }

  /** Counts a message; false when it is one too many. */
  take(): boolean {
    const now = performance.now()
    this.#left = Math.min(this.#most, this.#left + ((now - this.#at) / 1_000) * this.#perSecond)
    this.#at = now
    if (this.#left < 1) return false
    this.#left--
    return true
  }
}
