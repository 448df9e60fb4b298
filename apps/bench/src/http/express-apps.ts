import type { Server } from 'node:http'

import type { Rate } from '@rl/core'
import { rateLimit as ours } from '@rl/adapter-express'
import express from 'express'
import type { RequestHandler } from 'express'
import { rateLimit } from 'express-rate-limit'

import type { Quota } from '../contender.ts'
import { BY_CONTRACT, FORMATS, HELLO, HOST, LEGACY_FIELDS, listening } from './app.ts'
import type { App } from './app.ts'
import { answersByContract } from './by-contract.ts'
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

function byContract(quota: Quota): RequestHandler {
  const answerTo = answersByContract(quota)
  return function limit(req, res, next) {
    const { ip, method, socket, baseUrl, path } = req
    const header = (name: string): string | undefined => req.get(name)
    const facts = { ip, peer: socket.remoteAddress, method, endpoint: baseUrl + path, header }
    const { allowed, statusCode, headers, result } = answerTo(facts)
    req.rateLimit = result
    for (const name in headers) res.setHeader(name, headers[name]!)
    if (allowed) next()
    else res.status(statusCode).end()
  }
}

export const expressApps: readonly App[] = [
  { name: 'nothing', decides: false, fields: [], listen: () => listen() },
  { name: '`Map` middleware', fields: LEGACY_FIELDS, listen: (quota) => listen(byHand(quota)) },
  { name: BY_CONTRACT, fields: LEGACY_FIELDS, listen: (quota) => listen(byContract(quota)) },
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
