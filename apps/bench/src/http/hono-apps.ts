import type { Server } from 'node:http'

import { serve } from '@hono/node-server'
import { getConnInfo } from '@hono/node-server/conninfo'
import type { Rate } from '@rl/core'
import { rateLimit as ours } from '@rl/adapter-hono'
import { Hono } from 'hono'
import type { MiddlewareHandler } from 'hono'
import type { StatusCode } from 'hono/utils/http-status'
import { rateLimiter } from 'hono-rate-limiter'

import type { Quota } from '../contender.ts'
import { BY_CONTRACT, FORMATS, HELLO, LEGACY_FIELDS, listening, MAP, MAP_AGAIN } from './app.ts'
import type { App } from './app.ts'
import { answersByContract } from './by-contract.ts'
import { mapWindows } from '../map-windows.ts'

function listen(host: string, limiter?: MiddlewareHandler): Promise<Server> {
  const app = new Hono()
  if (limiter) app.use(limiter)
  app.get('/', (c) => c.text(HELLO))
  return listening(serve({ fetch: app.fetch, port: 0, hostname: host }) as Server)
}

function byHand(quota: Quota): MiddlewareHandler {
  const charge = mapWindows(quota)
  return async function limit(c, next) {
    const { allowed, remaining, resetSeconds } = charge(getConnInfo(c).remote.address!)
    c.header('X-RateLimit-Limit', String(quota.quota))
    c.header('X-RateLimit-Remaining', String(remaining))
    c.header('X-RateLimit-Reset', String(resetSeconds))
    if (!allowed) return c.body(null, 429)
    await next()
    return undefined
  }
}

function byContract(quota: Quota): MiddlewareHandler {
  const answerTo = answersByContract(quota)
  return async function limit(c, next) {
    const { address: ip } = getConnInfo(c).remote
    const { method, path } = c.req
    const { allowed, statusCode, headers, result } = answerTo({ ip, method, endpoint: path })
    c.set('rateLimit', result)
    for (const name in headers) c.header(name, headers[name])
    if (!allowed) return c.body(null, statusCode as StatusCode)
    await next()
    // A response that a handler has not made by its context lacks them.
    if (c.res.headers.get(LEGACY_FIELDS[0]) === null) for (const name in headers) c.header(name, headers[name])
    return undefined
  }
}

export const honoApps: readonly App[] = [
  { name: 'nothing', decides: false, fields: [], listen: (_quota, host) => listen(host) },
  ...[MAP, MAP_AGAIN].map((name): App => ({
    name,
    fields: LEGACY_FIELDS,
    listen: (quota, host) => listen(host, byHand(quota)),
  })),
  { name: BY_CONTRACT, fields: LEGACY_FIELDS, listen: (quota, host) => listen(host, byContract(quota)) },
  {
    name: 'hono-rate-limiter',
    role: 'usual',
    // It sends those of draft-6 in the place of the three that all others send.
    fields: ['ratelimit-policy', 'ratelimit-limit', 'ratelimit-remaining', 'ratelimit-reset'],
    listen: ({ quota, windowMs }, host) =>
      listen(host, rateLimiter({ limit: quota, windowMs, keyGenerator: (c) => getConnInfo(c).remote.address! })),
  },
  ...FORMATS.map(({ name, role, formats, fields }): App => ({
    name,
    role,
    fields,
    listen: ({ quota, windowMs }, host) =>
      listen(
        host,
        ours({ getConnInfo, ip: `${quota} per ${windowMs / 1000} seconds` satisfies Rate, headers: formats }),
      ),
  })),
]
