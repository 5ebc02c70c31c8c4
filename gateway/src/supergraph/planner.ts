// Above the usual length because the worker's life is one story: started, asked, too slow, ended, started again.
import { Worker } from 'node:worker_threads'
import type { QueryPlan } from '@apollo/query-planner'
import { GraphQLError } from 'graphql'
import { LRUCache } from 'lru-cache'
import type { Description, FromPlanner, ToPlanner } from './planner-messages.ts'

/** Plans the operations of one supergraph. */
export interface Planner {
  description: Description
  /** The plan of an operation that is valid on the API schema; rejects with a GraphQLError that may be told to the client. */
  plan(text: string, operationName: string | undefined): Promise<QueryPlan>
  /** Gives back what it holds once nothing waits; a later plan still comes, only slower. */
  rest(): void
  /** Ends for good: what waits, and what comes later, is rejected. */
  close(): Promise<void>
}

/** Bounds of a planner with a thread of its own. */
export interface WorkerBounds {
  /** Planning one operation, in milliseconds; beyond that it is refused. */
  limitMs: number
  /** Starting, the supergraph's validation included, in milliseconds. */
  startMs: number
  /** Operations that wait to be planned, and how long each may, in milliseconds. */
  queue: number
  waitMs: number
  /** Heap of the thread, in MiB. */
  memoryMb: number
  /** JSON characters of plans that are remembered by their operation's text. */
  rememberedText: number
}

/** What a planner's thread is bounded to unless told otherwise. */
export const plannerBounds: WorkerBounds = {
  limitMs: 2_000,
  startMs: 60_000,
  queue: 1_000,
  waitMs: 10_000,
  memoryMb: 1_024,
  rememberedText: 32_000_000,
}

/** How many operations that took too long are remembered, and for how long: a repeat must not end a worker again. */
const refusals = { max: 1_000, maxSize: 4_000_000, ttl: 10 * 60_000 }

interface Job extends ToPlanner {
  key: string
  /** When it came, by `performance.now()`. */
  at: number
  resolve(plan: QueryPlan): void
  reject(error: Error): void
}

/**
 * Plans in a thread of its own, one operation after another, so that this thread goes on meanwhile. An operation that takes
 * too long, or too much memory, is refused with `OPERATION_TOO_COMPLEX_TO_PLAN`: its thread ends, and a new one plans the
 * others. Rejects when the supergraph is not valid.
 */
export async function planInWorker(sdl: string, given: Partial<WorkerBounds> = {}): Promise<Planner> {
  const planner = new WorkerPlanner(sdl, { ...plannerBounds, ...given })
  await planner.start()
  return planner
}

class WorkerPlanner implements Planner {
  readonly #sdl: string
  readonly #bounds: WorkerBounds
  readonly #queue: Job[] = []
  readonly #plans: LRUCache<string, QueryPlan>
  readonly #refused = new LRUCache<string, true>({ ...refusals, sizeCalculation: (_, key) => key.length + 1 })
  #description: Description | undefined
  #worker: Worker | undefined
  #ready = false
  #job: Job | undefined
  #timer: NodeJS.Timeout | undefined
  #resting = false
  #closed = false

  constructor(sdl: string, bounds: WorkerBounds) {
    this.#sdl = sdl
    this.#bounds = bounds
    this.#plans = new LRUCache({ max: 20_000, maxSize: bounds.rememberedText })
  }

  get description(): Description {
    return this.#description as Description
  }

  /** Starts the thread; resolves when it can plan. */
  start(): Promise<void> {
    const { startMs, memoryMb } = this.#bounds
    this.#ready = false
    const worker = new Worker(new URL('./planner-worker.ts', import.meta.url), {
      name: 'planner',
      workerData: { sdl: this.#sdl, isDescribed: this.#description !== undefined },
      resourceLimits: { maxOldGenerationSizeMb: memoryMb },
      execArgv: [],
    })
    this.#worker = worker
    return new Promise((resolve, reject) => {
      const fail = (error: Error) => {
        clearTimeout(late)
        if (this.#worker === worker) this.#end()
        reject(error)
      }
      const late = setTimeout(() => fail(new Error(`The planner did not start within ${startMs} ms.`)), startMs)
      worker.on('message', (message: FromPlanner) => {
        if (message.kind === 'ready') {
          clearTimeout(late)
          this.#description ??= message.description ?? undefined
          this.#ready = true
          resolve()
          this.#next()
        } else if (this.#ready) this.#answered(worker, message)
        else if (message.kind === 'refused') fail(errorOf(message))
      })
      worker.on('error', (error: Error) => {
        fail(error)
        this.#broke(worker, error)
      })
      worker.on('exit', () => {
        const error = new Error('The planner ended.')
        fail(error)
        this.#broke(worker, error)
      })
    })
  }

  plan(text: string, operationName: string | undefined): Promise<QueryPlan> {
    const key = `${operationName ?? ''}\n${text}`
    const known = this.#plans.get(key)
    if (known) return Promise.resolve(known)
    if (this.#refused.has(key)) return Promise.reject(this.#tooComplex())
    if (this.#closed) return Promise.reject(new Error('The planner is closed.'))
    if (this.#queue.length >= this.#bounds.queue) return Promise.reject(busy())
    return new Promise((resolve, reject) => {
      this.#queue.push({ text, operationName, key, at: performance.now(), resolve, reject })
      this.#next()
    })
  }

  rest(): void {
    this.#resting = true
    this.#next()
  }

  async close(): Promise<void> {
    this.#closed = true
    const error = new Error('The planner is closed.')
    this.#job?.reject(error)
    this.#job = undefined
    this.#rejectAll(error)
    await this.#end()
  }

  /** Hands the next operation to an idle thread, or lets the thread go when it has nothing to do and is to rest. */
  #next(): void {
    if (this.#job) return
    if (this.#worker && !this.#ready) return
    let job = this.#queue.shift()
    while (job && performance.now() - job.at > this.#bounds.waitMs) {
      job.reject(busy())
      job = this.#queue.shift()
    }
    if (!job) {
      // An idle thread does not keep the process alive.
      if (this.#resting) void this.#end()
      else this.#worker?.unref()
      return
    }
    if (!this.#worker) {
      this.#queue.unshift(job)
      this.#restart()
      return
    }
    this.#job = job
    this.#worker.ref()
    this.#worker.postMessage({ text: job.text, operationName: job.operationName } satisfies ToPlanner)
    const { limitMs } = this.#bounds
    this.#timer = setTimeout(() => {
      // After a pause of this thread the answer may be here already, behind the timer.
      setImmediate(() => this.#job === job && this.#giveUp(job))
    }, limitMs)
  }

  #answered(worker: Worker, message: Exclude<FromPlanner, { kind: 'ready' }>): void {
    const job = this.#job
    if (!job || worker !== this.#worker) return
    clearTimeout(this.#timer)
    this.#job = undefined
    if (message.kind === 'too complex') this.#refuse(job)
    else if (message.kind === 'plan') {
      const plan: QueryPlan = JSON.parse(message.plan)
      this.#plans.set(job.key, plan, { size: job.key.length + message.plan.length })
      job.resolve(plan)
    } else job.reject(errorOf(message))
    this.#next()
  }

  #giveUp(job: Job): void {
    clearTimeout(this.#timer)
    this.#job = undefined
    this.#refuse(job)
    void this.#end()
    if (!this.#closed) this.#restart()
  }

  #refuse(job: Job): void {
    this.#refused.set(job.key, true)
    job.reject(this.#tooComplex())
  }

  /** The thread is gone by itself: what it worked on was too much for it. */
  #broke(worker: Worker, error: Error): void {
    if (this.#worker !== worker && this.#worker !== undefined) return
    const job = this.#job
    if (!job) return
    if ((error as NodeJS.ErrnoException).code === 'ERR_WORKER_OUT_OF_MEMORY') this.#giveUp(job)
    else {
      clearTimeout(this.#timer)
      this.#job = undefined
      job.reject(error)
      this.#next()
    }
  }

  #restart(): void {
    this.start().catch((error: Error) => this.#rejectAll(error))
  }

  #rejectAll(error: Error): void {
    for (const job of this.#queue.splice(0)) job.reject(error)
  }

  async #end(): Promise<void> {
    clearTimeout(this.#timer)
    const worker = this.#worker
    this.#worker = undefined
    this.#ready = false
    await worker?.terminate()
  }

  #tooComplex(): GraphQLError {
    const { limitMs, memoryMb } = this.#bounds
    const message = `Planning this operation takes more than ${limitMs} ms or ${memoryMb} MiB, or there are too many ways to answer it: ask for less at once.`
    return new GraphQLError(message, { extensions: { code: 'OPERATION_TOO_COMPLEX_TO_PLAN' } })
  }
}

function busy(): GraphQLError {
  const message = 'The gateway has too many new operations to plan at once: try again in a moment.'
  return new GraphQLError(message, { extensions: { code: 'PLANNER_BUSY' } })
}

function errorOf({ message, extensions, reason }: Extract<FromPlanner, { kind: 'refused' }>): Error {
  if (extensions === null) return new Error(message)
  const originalError = reason === null ? undefined : new Error(reason)
  return new GraphQLError(message, { extensions: JSON.parse(extensions), originalError })
}
