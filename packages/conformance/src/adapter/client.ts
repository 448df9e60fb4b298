import assert from 'node:assert/strict'
import { once } from 'node:events'
import { Agent, request } from 'node:http'
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'

/** What came back. */
export interface Answer {
  readonly status: number | undefined
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

export interface Asked {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  /** When to give up. @default never */
  readonly signal?: AbortSignal
}

/** Long enough for what takes no time but that of the machine. */
const IN_TIME_MS = 3000
const PAUSE_MS = 10

/** Asks one server, each time on a connection of its own. */
export class Client {
  readonly #origin: URL

  constructor(origin: URL | string) {
    this.#origin = new URL(origin)
  }

  async ask(path: string, asked?: Asked): Promise<Answer> {
    return this.#ask(path, asked, false)
  }

  /**
   * The answers to the same request sent so many times at the same moment. The connections have served a request already: a
   * server that accepts one after the other would be asked one after the other.
   */
  async askAtOnce(times: number, path: string): Promise<Answer[]> {
    const agent = new Agent({ keepAlive: true })
    const askAll = async (asked?: Asked): Promise<Answer[]> =>
      Promise.all(Array.from({ length: times }, async () => this.#ask(path, asked, agent)))
    await askAll({ headers: { 'x-skip': 'yes' } })
    const answers = await askAll()
    agent.destroy()
    return answers
  }

  /** The answers to the same request sent so many times, one after the other. */
  async askTimes(times: number, path: string, asked?: Asked): Promise<Answer[]> {
    const answers: Answer[] = []
    for (let i = 0; i < times; i++) answers.push(await this.ask(path, asked))
    return answers
  }

  /** As `ask`, for an answer that must not be waited for. */
  async askInTime(path: string): Promise<Answer> {
    return this.ask(path, { signal: AbortSignal.timeout(IN_TIME_MS) })
  }

  /** Asks, at no cost, until so many units are left, which may take a moment. */
  async untilLeft(units: number): Promise<void> {
    const left = async (): Promise<unknown> =>
      (await this.ask('/app/hello', { headers: { 'x-cost': '0' } })).headers['x-ratelimit-remaining']
    const end = Date.now() + IN_TIME_MS
    let last = await left()
    for (; last !== String(units) && Date.now() < end; last = await left()) await sleep(PAUSE_MS)
    assert.equal(last, String(units), 'What is left has come to something else')
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

  async #ask(
    path: string,
    { method = 'GET', headers = {}, signal }: Asked = {},
    agent: Agent | false,
  ): Promise<Answer> {
    const asking = request(new URL(path, this.#origin), { method, headers, agent, signal })
    asking.end()
    const [answer] = (await once(asking, 'response')) as [IncomingMessage]
    return { status: answer.statusCode, headers: answer.headers, body: await text(answer) }
  }

  #connect(): Socket {
    return connect(Number(this.#origin.port), this.#origin.hostname)
  }
}

/** The three fields that tell where the client stands. */
export function limitFields({ headers }: Answer): unknown[] {
  return ['limit', 'remaining', 'reset'].map((name) => headers[`x-ratelimit-${name}`])
}
