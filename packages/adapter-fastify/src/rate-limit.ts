import { finished } from 'node:stream'

import { ConfigError, RateLimitingMiddleware } from '@rl/core'
import type { FrameworkAdapter, MiddlewareOptions, RateLimitAnswer, Reservation } from '@rl/core'
import { MemoryStore } from '@rl/store-memory'
import type { FastifyInstance, FastifyReply, FastifyRequest, HookHandlerDoneFunction } from 'fastify'
import plugin from 'fastify-plugin'

import { RouteRules } from './route-rules.ts'
import type { RouteRateLimit } from './route-rules.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** The decision on this request; none if it was skipped. */
    rateLimit?: Reservation | undefined
  }

  interface FastifyContextConfig {
    /**
     * A rule of the route's own, in the place of one for its endpoint, and charged together with the others. `{ only: rule }`
     * puts it in the place of all of them; `false` lets the route's requests past.
     */
    rateLimit?: RouteRateLimit
  }
}

/** The limiter's own options, or a ready `limiter`; how to tell who is asking; and when to ask. */
export type RateLimitOptions<Tier extends string = string, Endpoint extends string = string> = MiddlewareOptions<
  FastifyRequest,
  Tier,
  Endpoint
> & {
  /** The hook to decide in: the first of all, or the last, which knows the body. @default 'onRequest' */
  readonly hook?: 'onRequest' | 'preHandler'
}

const ADAPTER: FrameworkAdapter<FastifyRequest> = {
  peerOf: ({ socket }) => socket.remoteAddress,
  headerOf: ({ headers }, name) => headers[name]?.toString(),
  defaultStore: () => new MemoryStore(),
}

/**
 * Limits the requests that reach a Fastify app, those that match no route as well.
 *
 * The client's address is `request.ip`: behind a proxy, set Fastify's `trustProxy`. Counts are kept in memory unless a
 * `store` or a `limiter` is given. A route may have a rule of its own, `config: { rateLimit: '5 per minute' }`, or none.
 *
 * @throws {ConfigError} if an option is unknown, or cannot be kept as it is written; for a route's rule, when the route is
 * declared.
 *
 * @example
 * ```ts
 * import { fastify } from 'fastify'
 * import { rateLimit } from '@rl/adapter-fastify'
 *
 * const app = fastify()
 * await app.register(rateLimit, { ip: '100 per minute' })
 * app.post('/login', { config: { rateLimit: '5 per 5 minutes' } }, async () => 'welcome')
 * ```
 */
export const rateLimit = plugin(
  async function rateLimit(app: FastifyInstance, { hook = 'onRequest', ...options }: RateLimitOptions): Promise<void> {
    checkHook(hook)
    const middleware = new RateLimitingMiddleware<FastifyRequest>(options, ADAPTER)
    const rules = new RouteRules(middleware)

    function limit(request: FastifyRequest, reply: FastifyReply, done: HookHandlerDoneFunction): void {
      const route = rules.find(request.routeOptions.config)
      if (route === 'unlimited') {
        done()
        return
      }
      const { ip, method } = request
      const answer = middleware.processRequest({ ip, method, endpoint: endpointOf(request), route }, request)
      if (answer instanceof Promise) answer.then((decided) => respond(decided, request, reply, done)).catch(done)
      else respond(answer, request, reply, done)
    }

    // Also within an encapsulated part of an app that is limited as a whole.
    app.addHook('onRoute', (route) => rules.claim(route))
    if (!app.hasRequestDecorator('rateLimit')) app.decorateRequest('rateLimit', undefined)
    if (hook === 'onRequest') app.addHook('onRequest', limit)
    else app.addHook('preHandler', limit)
  },
  { name: '@rl/adapter-fastify', fastify: '5.x' },
)

/**
 * The path; or the route's own, where a parameter is empty: Fastify takes `/users/` to `/users/:id`, whose rule would not be
 * found by it.
 */
function endpointOf(request: FastifyRequest): string {
  const { url, params } = request
  const values = params as Readonly<Record<string, string>>
  // Fastify makes its options anew whenever they are looked at.
  for (const name in values) if (values[name] === '' && name !== '*') return request.routeOptions.url ?? url
  const end = url.indexOf('?')
  return end === -1 ? url : url.slice(0, end)
}

function respond(
  { allowed, statusCode, headers, body, result, responded }: RateLimitAnswer,
  request: FastifyRequest,
  reply: FastifyReply,
  done: HookHandlerDoneFunction,
): void {
  request.rateLimit = result
  const { raw } = reply
  if (responded) finished(raw, () => responded(raw.writableFinished ? raw.statusCode : undefined))
  // Somebody else, such as a timeout, may have answered meanwhile: then nothing is to follow.
  if (reply.sent) return
  for (const name in headers) reply.header(name, headers[name])
  if (allowed) done()
  else void reply.code(statusCode).send(body)
}

function checkHook(hook: unknown): void {
  if (hook === 'onRequest' || hook === 'preHandler') return
  throw new ConfigError('RL_INVALID_OPTION', `Expected \`hook\` to be onRequest or preHandler, got \`${String(hook)}\``)
}
