import { finished } from 'node:stream'

import { RateLimitingMiddleware } from '@rl/core'
import type { FrameworkAdapter, MiddlewareOptions, RateLimitAnswer, Reservation } from '@rl/core'
import { MemoryStore } from '@rl/store-memory'
import type { NextFunction, Request, RequestHandler, Response } from 'express'

declare global {
  // The place where Express lets others add to its request.
  namespace Express {
    interface Request {
      /** The decision on this request; none if it was skipped. */
      rateLimit?: Reservation | undefined
    }
  }
}

/** The limiter's own options, or a ready `limiter`; and how to tell who is asking. */
export type RateLimitOptions<Tier extends string = string, Endpoint extends string = string> = MiddlewareOptions<
  Request,
  Tier,
  Endpoint
>

const ADAPTER: FrameworkAdapter<Request> = {
  peerOf: ({ socket }) => socket.remoteAddress,
  headerOf: (req, name) => req.get(name),
  defaultStore: () => new MemoryStore(),
}

/**
 * Limits the requests that reach an Express app or router (Express 5 or 4).
 *
 * The client's address is `req.ip`: behind a proxy, set Express's `trust proxy`. Counts are kept in memory unless a
 * `store` or a `limiter` is given.
 *
 * @throws {ConfigError} if an option is unknown, or cannot be kept as it is written.
 *
 * @example
 * ```ts
 * import express from 'express'
 * import { rateLimit } from '@rl/adapter-express'
 *
 * const app = express()
 * app.use(rateLimit({ ip: '100 per minute' }))
 * ```
 */
export function rateLimit<Tier extends string, Endpoint extends string>(
  options: RateLimitOptions<Tier, Endpoint> = {},
): RequestHandler {
  const middleware = new RateLimitingMiddleware<Request>(options, ADAPTER)

  return function rateLimit(req, res, next) {
    const { ip, method, baseUrl, path } = req
    const answer = middleware.processRequest({ ip, method, endpoint: baseUrl + path }, req)
    if (answer instanceof Promise) answer.then((decided) => respond(decided, req, res, next)).catch(next)
    else respond(answer, req, res, next)
  }
}

function respond(
  { allowed, statusCode, headers, body, result, responded }: RateLimitAnswer,
  req: Request,
  res: Response,
  next: NextFunction,
): void {
  req.rateLimit = result
  if (responded) finished(res, () => responded(res.writableFinished ? res.statusCode : undefined))
  // Somebody else, such as a timeout, may have answered meanwhile.
  if (!res.headersSent) for (const name in headers) res.setHeader(name, headers[name]!)
  if (allowed) next()
  else if (!res.headersSent) res.status(statusCode).end(body)
}
