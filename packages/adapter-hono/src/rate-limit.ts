import { ConfigError, RateLimitingMiddleware } from '@rl/core'
import type { HeaderFields, MiddlewareOptions, Reservation } from '@rl/core'
import { MemoryStore } from '@rl/store-memory'
import type { Context, MiddlewareHandler } from 'hono'
import type { GetConnInfo } from 'hono/conninfo'
import { createMiddleware } from 'hono/factory'
import type { ContentfulStatusCode } from 'hono/utils/http-status'

/** Where the client is to be found; the limiter's own options, or a ready `limiter`; and how to tell who is asking. */
export type RateLimitOptions<Tier extends string = string, Endpoint extends string = string> = MiddlewareOptions<
  Context,
  Tier,
  Endpoint
> & {
  /**
   * Tells the client's address: Hono's `getConnInfo` for the runtime, from `@hono/node-server/conninfo`, `hono/bun`,
   * `hono/deno` or `hono/cloudflare-workers`.
   */
  readonly getConnInfo: GetConnInfo
}

/** What the middleware adds to Hono's context. */
export interface RateLimitEnv {
  Variables: {
    /** The decision on this request; none if it was skipped. */
    rateLimit: Reservation | undefined
  }
}

/**
 * Limits the requests that reach a Hono app, on any runtime.
 *
 * The client's address is what `getConnInfo` says. Counts are kept in memory unless a `store` or a `limiter` is given.
 *
 * @throws {ConfigError} if an option is missing, unknown, or cannot be kept as it is written.
 *
 * @example
 * ```ts
 * import { getConnInfo } from '@hono/node-server/conninfo'
 * import { Hono } from 'hono'
 * import { rateLimit } from '@rl/adapter-hono'
 *
 * const app = new Hono()
 * app.use(rateLimit({ getConnInfo, ip: '100 per minute' }))
 * ```
 */
export function rateLimit<Tier extends string, Endpoint extends string>(
  options: RateLimitOptions<Tier, Endpoint>,
): MiddlewareHandler<RateLimitEnv> {
  const { getConnInfo, ...others } = { ...options }
  if (typeof getConnInfo !== 'function') {
    throw new ConfigError('RL_INVALID_OPTION', `Expected \`getConnInfo\` to be a function, got ${typeof getConnInfo}`)
  }
  const addressOf = (c: Context): string | undefined => getConnInfo(c).remote.address
  const middleware = new RateLimitingMiddleware<Context>(others, {
    peerOf: addressOf,
    headerOf: (c, name) => c.req.header(name),
    defaultStore: () => new MemoryStore(),
  })

  return createMiddleware<RateLimitEnv>(async function rateLimit(c, next) {
    const { method, path } = c.req
    const answer = middleware.processRequest({ ip: addressOf(c), method, endpoint: path }, c)
    const { allowed, statusCode, body, headers, result, responded } = answer instanceof Promise ? await answer : answer
    c.set('rateLimit', result)
    if (!allowed) return c.body(body, statusCode as ContentfulStatusCode, headers)
    const over = responded && once(responded)
    if (over) c.req.raw.signal.addEventListener('abort', () => over(undefined))
    if (!c.finalized) for (const name in headers) c.header(name, headers[name])
    try {
      await next()
    } catch (error) {
      // What is no `Error`, Hono does not answer, but passes on.
      over?.(undefined)
      throw error
    }
    addMissing(c, headers)
    over?.(c.res.status)
    return undefined
  })
}

/**
 * A response that a handler has not made by its context lacks the fields that were set there. An upgraded connection has no
 * fields to set.
 */
function addMissing(c: Context, headers: HeaderFields): void {
  const { status, headers: present } = c.res
  if (status === 101) return
  for (const name in headers) {
    const value = present.get(name)
    // Ours, and so all of ours are there. Each look takes 1 % of what a small server needs for a request (Node 24).
    if (value === headers[name]) return
    // Makes a new response: this one may be there for many requests, or not allow changes.
    if (value === null) c.header(name, headers[name])
  }
}

/** A client may still go away after the response is there. */
function once(responded: (statusCode: number | undefined) => void): (statusCode: number | undefined) => void {
  let isOver = false
  return (statusCode) => {
    if (!isOver) responded(statusCode)
    isOver = true
  }
}
