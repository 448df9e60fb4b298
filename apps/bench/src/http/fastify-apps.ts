import type { Server } from 'node:http'

import type { Rate } from '@rl/core'
import { rateLimit as ours } from '@rl/adapter-fastify'
import rateLimit from '@fastify/rate-limit'
import { fastify } from 'fastify'
import type { FastifyInstance, onRequestHookHandler } from 'fastify'

import type { Quota } from '../contender.ts'
import { BY_CONTRACT, FORMATS, HELLO, LEGACY_FIELDS, MAP, MAP_AGAIN } from './app.ts'
import type { App } from './app.ts'
import { answersByContract } from './by-contract.ts'
import { mapWindows } from '../map-windows.ts'

async function listen(host: string, add: (app: FastifyInstance) => unknown): Promise<Server> {
  const app = fastify()
  await add(app)
  app.get('/', async () => HELLO)
  await app.listen({ port: 0, host })
  return app.server
}

function byHand(quota: Quota): onRequestHookHandler {
  const charge = mapWindows(quota)
  return function limit(request, reply, done) {
    const { allowed, remaining, resetSeconds } = charge(request.ip)
    reply.header('X-RateLimit-Limit', String(quota.quota))
    reply.header('X-RateLimit-Remaining', String(remaining))
    reply.header('X-RateLimit-Reset', String(resetSeconds))
    if (allowed) done()
    else reply.code(429).send()
  }
}

function byContract(app: FastifyInstance, quota: Quota): void {
  const answerTo = answersByContract(quota)
  app.decorateRequest('rateLimit', undefined)
  app.addHook('onRequest', function limit(request, reply, done) {
    // Any route may have a rule of its own, whether or not it was there before the hook.
    if (request.routeOptions.config.rateLimit === false) {
      done()
      return
    }
    const { ip, method, url } = request
    const { allowed, statusCode, headers, result } = answerTo({ ip, method, endpoint: url })
    request.rateLimit = result
    for (const name in headers) reply.header(name, headers[name])
    if (allowed) done()
    else reply.code(statusCode).send()
  })
}

export const fastifyApps: readonly App[] = [
  { name: 'nothing', decides: false, fields: [], listen: (_quota, host) => listen(host, () => {}) },
  ...[MAP, MAP_AGAIN].map((name): App => ({
    name,
    fields: LEGACY_FIELDS,
    listen: (quota, host) => listen(host, (app) => app.addHook('onRequest', byHand(quota))),
  })),
  {
    name: BY_CONTRACT,
    fields: LEGACY_FIELDS,
    listen: (quota, host) => listen(host, (app) => byContract(app, quota)),
  },
  {
    name: '@fastify/rate-limit',
    role: 'usual',
    fields: LEGACY_FIELDS,
    listen: ({ quota, windowMs }, host) =>
      listen(host, (app) => app.register(rateLimit, { max: quota, timeWindow: windowMs })),
  },
  ...FORMATS.map(({ name, role, formats, fields }): App => ({
    name,
    role,
    fields,
    listen: ({ quota, windowMs }, host) => {
      const ip: Rate = `${quota} per ${windowMs / 1000} seconds`
      return listen(host, (app) => app.register(ours, { ip, headers: formats }))
    },
  })),
]
