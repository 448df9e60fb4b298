import assert from 'node:assert/strict'
import { once } from 'node:events'
import { request } from 'node:http'
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'

/** What came back. */
export interface Answer {
  readonly status: number | undefined
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

export interface Asked {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
}

/** Long enough for whatever takes no time but that of the machine, however busy. */
const IN_TIME_MS = 5000

/** Asks one server, each time on a connection of its own. */
export class Client {
  readonly #origin: URL

  constructor(origin: URL | string) {
    this.#origin = new URL(origin)
  }

  async ask(path: string, { method = 'GET', headers = {} }: Asked = {}): Promise<Answer> {
    const signal = AbortSignal.timeout(IN_TIME_MS)
    const asking = request(new URL(path, this.#origin), { method, headers, agent: false, signal })
    asking.end()
    const [answer] = (await once(asking, 'response')) as [IncomingMessage]
    return { status: answer.statusCode, headers: answer.headers, body: await text(answer) }
  }

  /** The answers to the same request sent so many times, one after the other. */
  async askTimes(times: number, path: string, asked?: Asked): Promise<Answer[]> {
    const answers: Answer[] = []
    for (let i = 0; i < times; i++) answers.push(await this.ask(path, asked))
    return answers
  }

  /** Asks, at no cost, until so many units are left, which may take a moment. */
  async untilLeft(units: number): Promise<void> {
    const end = Date.now() + IN_TIME_MS
    let left: unknown
    do {
      left = (await this.ask('/app/hello', { headers: { 'x-cost': '0' } })).headers['x-ratelimit-remaining']
    } while (left !== String(units) && Date.now() < end)
    assert.equal(left, String(units), 'What is left has come to another number')
  }

  /** Sends bytes as they are, and reads until the server ends the connection. */
  async send(bytes: string): Promise<string> {
    const socket = this.#connect()
    socket.write(bytes)
    return text(socket)
  }

  /** Begins a request, and answers how to go away in the middle of it. */
  begin(path: string): () => void {
    const socket = this.#connect()
    socket.on('error', () => {})
    socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`)
    return () => void socket.resetAndDestroy()
  }

  #connect(): ReturnType<typeof connect> {
    return connect(Number(this.#origin.port), this.#origin.hostname)
  }
}

/** The three fields that tell where the client stands. */
export function limitFields({ headers }: Answer): unknown[] {
  return ['limit', 'remaining', 'reset'].map((name) => headers[`x-ratelimit-${name}`])
}
