import { once } from 'node:events'
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

import { RateLimitingMiddleware } from '@rl/core'
import type { FrameworkAdapter, MiddlewareOptions, RateLimitAnswer, RequestFacts } from '@rl/core'

import { ReferenceStore } from '../../reference-store.ts'
import { adapterOptions } from '../adapter-options.ts'
import { respond, respondToError } from '../respond.ts'
import type { AppAnswer } from '../respond.ts'
import type { ServeApp } from '../run-adapter-case.ts'

export type Options = Exclude<MiddlewareOptions<IncomingMessage>, { limiter: unknown }>

/** A request, and where to answer it. */
export interface Exchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly trustProxy: boolean
}

/** What an adapter is made with, and does, in this order. */
export interface Steps {
  readonly options: (options: Options) => Options
  readonly adapter: FrameworkAdapter<IncomingMessage>
  readonly facts: (exchange: Exchange) => RequestFacts
  readonly decide: (
    exchange: Exchange,
    facts: RequestFacts,
    middleware: RateLimitingMiddleware<IncomingMessage>,
  ) => Promise<RateLimitAnswer>
  /** Tells the middleware, once it is over, what has become of a request. */
  readonly follow: (exchange: Exchange, responded: NonNullable<RateLimitAnswer['responded']>) => void
  readonly label: (exchange: Exchange, answer: RateLimitAnswer) => void
  /** Asks the app, if it has a route for the request. */
  readonly ask: (exchange: Exchange, result: RateLimitAnswer['result']) => Promise<AppAnswer>
  readonly send: (exchange: Exchange, answer: AppAnswer, denial?: RateLimitAnswer) => void
}

const right: Steps = {
  options: (options) => options,
  adapter: {
    peerOf: ({ socket }) => socket.remoteAddress,
    headerOf: ({ headers }, name) => headers[name]?.toString(),
  },
  facts({ request: { method, url, headers, socket }, trustProxy }) {
    const ip = (trustProxy ? headers['x-forwarded-for']?.toString() : undefined) ?? socket.remoteAddress
    return { ip, method, endpoint: url?.split('?', 1)[0] }
  },
  decide: async ({ request }, facts, middleware) => middleware.processRequest(facts, request),
  follow({ response }, responded) {
    response.on('close', () => responded(response.writableFinished ? response.statusCode : undefined))
  },
  label({ response }, { headers }) {
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
  },
  async ask({ request }, result) {
    const path = request.url!.split('?', 1)[0]!
    return path.startsWith('/app/') ? respond(path, result) : { status: 404, headers: {}, body: 'no such route' }
  },
  send({ response }, { status, headers, body }) {
    response.writeHead(status, headers).end(body)
  },
}

/** An adapter for `node:http`: right, but for the steps that are given instead. */
export function but(change: (right: Steps) => Partial<Steps>): ServeApp {
  return async ({ trustProxy = false, ...config }) => {
    const steps = { ...right, ...change(right) }
    const options = adapterOptions<IncomingMessage>(config, ({ headers }, name) => headers[name]?.toString())
    const store = new ReferenceStore({ clock: Date.now })
    const middleware = new RateLimitingMiddleware(steps.options({ store, ...options }), steps.adapter)

    async function handle(exchange: Exchange): Promise<void> {
      try {
        const answer = await steps.decide(exchange, steps.facts(exchange), middleware)
        if (answer.responded) steps.follow(exchange, answer.responded)
        steps.label(exchange, answer)
        if (answer.allowed) steps.send(exchange, await steps.ask(exchange, answer.result))
        else steps.send(exchange, { status: answer.statusCode, headers: {}, body: answer.body }, answer)
      } catch (error) {
        steps.send(exchange, respondToError(error))
      }
    }

    const server = createServer((request, response) => void handle({ request, response, trustProxy }))
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return {
      origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      async close() {
        server.close()
        server.closeAllConnections()
      },
    }
  }
}

/** Right in everything. */
export const serveNodeHttp: ServeApp = but(() => ({}))

/** What is answered to a request that is not limited. */
export const PASSED: RateLimitAnswer = {
  allowed: true,
  statusCode: 200,
  reason: undefined,
  message: 'OK',
  headers: {},
  body: '',
  result: undefined,
}

/** Looks at what has been decided, and answers something else. */
export function answering(change: (answer: RateLimitAnswer, exchange: Exchange) => Partial<RateLimitAnswer>): ServeApp {
  return but(({ decide }) => ({
    async decide(exchange, facts, middleware) {
      const answer = await decide(exchange, facts, middleware)
      return { ...answer, ...change(answer, exchange) }
    },
  }))
}

/** Tells the middleware something else. */
export function telling(change: (facts: RequestFacts, exchange: Exchange) => Partial<RequestFacts>): ServeApp {
  return but(({ facts }) => ({
    facts(exchange) {
      const told = facts(exchange)
      return { ...told, ...change(told, exchange) }
    },
  }))
}

/** Makes the middleware of other options. */
export function configured(change: (options: Options) => Options): ServeApp {
  return but(() => ({ options: change }))
}
