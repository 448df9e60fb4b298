import type { Server } from 'node:http'

import type { Rate } from '@rl/core'
import { rateLimit as ours } from '@rl/adapter-express'
import express from 'express'
import type { RequestHandler } from 'express'
import { rateLimit } from 'express-rate-limit'

import type { Quota } from '../contender.ts'
import { BY_CONTRACT, FORMATS, HELLO, LEGACY_FIELDS, listening, MAP, MAP_AGAIN } from './app.ts'
import type { App } from './app.ts'
import { answersByContract } from './by-contract.ts'
import { mapWindows } from '../map-windows.ts'

function listen(host: string, limiter?: RequestHandler): Promise<Server> {
  const app = express()
  if (limiter) app.use(limiter)
  app.get('/', (_request, response) => void response.send(HELLO))
  return listening(app.listen(0, host))
}

function byHand(quota: Quota): RequestHandler {
  const charge = mapWindows(quota)
  return function limit(request, response, next) {
    const { allowed, remaining, resetSeconds } = charge(request.ip!)
    response.setHeader('X-RateLimit-Limit', String(quota.quota))
    response.setHeader('X-RateLimit-Remaining', String(remaining))
    response.setHeader('X-RateLimit-Reset', String(resetSeconds))
    if (allowed) next()
    else response.status(429).end()
  }
}

function byContract(quota: Quota): RequestHandler {
  const answerTo = answersByContract(quota)
  return function limit(req, res, next) {
    const { ip, method, baseUrl, path } = req
    const { allowed, statusCode, headers, result } = answerTo({ ip, method, endpoint: baseUrl + path })
    req.rateLimit = result
    for (const name in headers) res.setHeader(name, headers[name]!)
    if (allowed) next()
    else res.status(statusCode).end()
  }
}

export const expressApps: readonly App[] = [
  { name: 'nothing', decides: false, fields: [], listen: (_quota, host) => listen(host) },
  ...[MAP, MAP_AGAIN].map((name): App => ({
    name,
    fields: LEGACY_FIELDS,
    listen: (quota, host) => listen(host, byHand(quota)),
  })),
  { name: BY_CONTRACT, fields: LEGACY_FIELDS, listen: (quota, host) => listen(host, byContract(quota)) },
  {
    name: 'express-rate-limit',
    role: 'usual',
    fields: LEGACY_FIELDS,
    listen: ({ quota, windowMs }, host) => listen(host, rateLimit({ limit: quota, windowMs })),
  },
  ...FORMATS.map(({ name, role, formats, fields }): App => ({
    name,
    role,
    fields,
    listen: ({ quota, windowMs }, host) =>
      listen(host, ours({ ip: `${quota} per ${windowMs / 1000} seconds` satisfies Rate, headers: formats })),
  })),
]
