import type { ServerResponse } from 'node:http'

const TICK_MS = 250
/** Open pages, so that nobody can tie up the server with connections that never end. */
const MOST_LISTENERS = 50

/** The pages that are open, each at the end of a stream of server-sent events. Works only while there is one. */
export class Audience {
  readonly #listeners = new Set<ServerResponse>()
  readonly #message: () => unknown
  readonly #onPresent: () => () => void
  #leave: (() => void) | undefined

  /**
   * @param message What to tell, as JSON, a few times a second.
   * @param onPresent Is called when the first page opens; what it returns, when the last one has gone.
   */
  constructor(message: () => unknown, onPresent: () => () => void) {
    this.#message = message
    this.#onPresent = onPresent
  }

  /** Answers with events until the page goes away. */
  add(response: ServerResponse): void {
    if (this.#listeners.size >= MOST_LISTENERS) {
      response.writeHead(503).end()
      return
    }
    response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' })
    if (response.req.method === 'HEAD') {
      response.end()
      return
    }
    response.write('retry: 500\n\n')
    response.once('close', () => this.#remove(response))
    this.#listeners.add(response)
    this.#leave ??= this.#enter()
    this.tell()
  }

  /** Tells all pages how things are now. */
  tell(): void {
    if (this.#listeners.size === 0) return
    const event = `data: ${JSON.stringify(this.#message())}\n\n`
    // Whoever reads too slowly misses some: the next one tells everything again.
    for (const response of this.#listeners) if (!response.writableNeedDrain) response.write(event)
  }

  #enter(): () => void {
    const ticks = setInterval(() => this.tell(), TICK_MS)
    const leave = this.#onPresent()
    return () => {
      clearInterval(ticks)
      leave()
    }
  }

  #remove(response: ServerResponse): void {
    this.#listeners.delete(response)
    if (this.#listeners.size > 0) return
    this.#leave?.()
    this.#leave = undefined
  }
}
