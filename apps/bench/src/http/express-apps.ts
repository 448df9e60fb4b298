import type { Server } from 'node:http'

import type { Rate } from '@rl/core'
import { rateLimit as ours } from '@rl/adapter-express'
import express from 'express'
import type { RequestHandler } from 'express'
import { rateLimit } from 'express-rate-limit'

import type { Quota } from '../contender.ts'
import { FORMATS, HELLO, HOST, LEGACY_FIELDS, listening } from './app.ts'
import type { App } from './app.ts'
import { mapWindows } from '../map-windows.ts'

function listen(limiter?: RequestHandler): Promise<Server> {
  const app = express()
  if (limiter) app.use(limiter)
  app.get('/', (_request, response) => void response.send(HELLO))
  return listening(app.listen(0, HOST))
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

export const expressApps: readonly App[] = [
  { name: 'nothing', decides: false, fields: [], listen: () => listen() },
  { name: '`Map` middleware', fields: LEGACY_FIELDS, listen: (quota) => listen(byHand(quota)) },
  {
    name: 'express-rate-limit',
    fields: LEGACY_FIELDS,
    listen: ({ quota, windowMs }) => listen(rateLimit({ limit: quota, windowMs })),
  },
  ...FORMATS.map(({ name, formats, fields }): App => ({
    name,
    fields,
    listen: ({ quota, windowMs }) =>
      listen(ours({ ip: `${quota} per ${windowMs / 1000} seconds` satisfies Rate, headers: formats })),
  })),
]
