/** What arrived of one HTTP answer. */
export interface Arrived {
  status: number
  /** Bytes of the body, without the framing of chunks. */
  bytes: number
}

type Phase = 'head' | 'length' | 'chunkSize' | 'chunk' | 'chunkEnd' | 'trailer'

const LINE_FEED = 10

/**
 * Reads the answers of one keep-alive connection, one after the other, and looks at no more than it must: the status and where
 * the body ends. `onBody` gets the body's pieces as views that are overwritten afterwards. Throws a sentence on what is not HTTP/1.1.
 */
export class ResponseReader {
  readonly #onBody: (piece: Buffer) => void
  readonly #onDone: (arrived: Arrived) => void
  #phase: Phase = 'head'
  #line = ''
  #left = 0
  #arrived: Arrived = { status: 0, bytes: 0 }

  constructor(onBody: (piece: Buffer) => void, onDone: (arrived: Arrived) => void) {
    this.#onBody = onBody
    this.#onDone = onDone
  }

  read(data: Buffer): void {
    let at = 0
    while (at < data.length) {
      if (this.#phase === 'head') at = this.#head(data, at)
      else if (this.#phase === 'length' || this.#phase === 'chunk') at = this.#body(data, at)
      else at = this.#framing(data, at)
    }
  }

  #head(data: Buffer, at: number): number {
    const before = this.#line.length
    // A head that is split over two reads is rare, so it is looked for in the text of both.
    const text = this.#line + data.toString('latin1', at)
    const end = text.indexOf('\r\n\r\n')
    if (end === -1) {
      if (text.length > 65_536) throw new Error('Expected the end of a head, got 64 KiB without one.')
      this.#line = text
      return data.length
    }
    this.#line = ''
    const head = text.slice(0, end)
    const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(head)?.[1])
    if (!status) throw new Error(`Expected an HTTP/1.1 answer, got: ${head.slice(0, 80)}`)
    this.#arrived = { status, bytes: 0 }
    const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1]
    if (length !== undefined) this.#expect('length', Number(length))
    else if (/\r\ntransfer-encoding: *chunked/i.test(head)) this.#phase = 'chunkSize'
    else throw new Error('Expected an answer with a content-length or in chunks, got neither.')
    if (length === '0') this.#done()
    return at + end + 4 - before
  }

  #body(data: Buffer, at: number): number {
    const end = Math.min(data.length, at + this.#left)
    this.#onBody(data.subarray(at, end))
    this.#arrived.bytes += end - at
    this.#left -= end - at
    if (this.#left === 0) {
      if (this.#phase === 'length') this.#done()
      else this.#phase = 'chunkEnd'
    }
    return end
  }

  #framing(data: Buffer, at: number): number {
    const end = data.indexOf(LINE_FEED, at)
    this.#line += data.toString('latin1', at, end === -1 ? data.length : end)
    if (end === -1) return data.length
    const line = this.#line.trimEnd()
    this.#line = ''
    if (this.#phase === 'chunkEnd') {
      if (line !== '') throw new Error(`Expected the end of a chunk, got: ${line.slice(0, 80)}`)
      this.#phase = 'chunkSize'
    } else if (this.#phase === 'chunkSize') {
      const size = Number.parseInt(line, 16)
      if (Number.isNaN(size)) throw new Error(`Expected the size of a chunk, got: ${line.slice(0, 80)}`)
      if (size === 0) this.#phase = 'trailer'
      else this.#expect('chunk', size)
    } else if (line === '') this.#done()
    return end + 1
  }

  #expect(phase: Phase, bytes: number): void {
    this.#phase = phase
    this.#left = bytes
  }

  #done(): void {
    this.#phase = 'head'
    this.#onDone(this.#arrived)
  }
}
