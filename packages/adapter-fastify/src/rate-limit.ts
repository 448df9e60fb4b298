import { finished } from 'node:stream'

import { ConfigError, RateLimitingMiddleware } from '@rl/core'
import type { MiddlewareOptions, Reservation } from '@rl/core'
import { MemoryStore } from '@rl/store-memory'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import plugin from 'fastify-plugin'

declare module 'fastify' {
  interface FastifyRequest {
    /** The decision on this request; none if it was skipped. */
    rateLimit?: Reservation | undefined
  }

  interface FastifyContextConfig {
    /** `false` lets the route's requests past. */
    rateLimit?: false
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

/**
 * Limits the requests that reach a Fastify app, those that match no route as well.
 *
 * The client's address is `request.ip`: behind a proxy, set Fastify's `trustProxy`. Counts are kept in memory unless a
 * `store` or a `limiter` is given. A route with `config: { rateLimit: false }` is not limited.
 *
 * @throws {ConfigError} if an option is unknown, or cannot be kept as it is written.
 *
 * @example
 * ```ts
 * import { fastify } from 'fastify'
 * import { rateLimit } from '@rl/adapter-fastify'
 *
 * const app = fastify()
 * await app.register(rateLimit, { ip: '100 per minute' })
 * ```
 */
export const rateLimit = plugin(
  async function rateLimit(app: FastifyInstance, { hook = 'onRequest', ...options }: RateLimitOptions): Promise<void> {
    checkHook(hook)
    const middleware = new RateLimitingMiddleware<FastifyRequest>(options, () => new MemoryStore())

    async function limit(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> {
      if (request.routeOptions.config.rateLimit === false) return undefined
      const { ip, method, url, socket, headers } = request
      const header = (name: string): string | undefined => headers[name.toLowerCase()]?.toString()
      const facts = { ip, peer: socket.remoteAddress, method, endpoint: url.split('?', 1)[0], header }
      const { allowed, statusCode, responded, ...answer } = await middleware.processRequest(facts, request)
      request.rateLimit = answer.result
      const { raw } = reply
      if (responded) finished(raw, () => responded(raw.writableFinished ? raw.statusCode : undefined))
      if (reply.sent) return reply
      reply.headers(answer.headers)
      return allowed ? undefined : reply.code(statusCode).send(answer.body)
    }

    // Also within an encapsulated part of an app that is limited as a whole.
    if (!app.hasRequestDecorator('rateLimit')) app.decorateRequest('rateLimit', undefined)
    if (hook === 'onRequest') app.addHook('onRequest', limit)
    else app.addHook('preHandler', limit)
  },
  { name: '@rl/adapter-fastify', fastify: '5.x' },
)

function checkHook(hook: unknown): void {
  if (hook === 'onRequest' || hook === 'preHandler') return
  throw new ConfigError('RL_INVALID_OPTION', `Expected \`hook\` to be onRequest or preHandler, got \`${String(hook)}\``)
}
