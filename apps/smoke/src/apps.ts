import type { RequestListener } from 'node:http'

import { getRequestListener } from '@hono/node-server'
import { getConnInfo } from '@hono/node-server/conninfo'
import { rateLimit as expressRateLimit } from '@rl/adapter-express'
import { rateLimit as fastifyRateLimit } from '@rl/adapter-fastify'
import { rateLimit as honoRateLimit } from '@rl/adapter-hono'
import type { Store } from '@rl/core'
import express from 'express'
import { fastify } from 'fastify'
import { Hono } from 'hono'

const ip = '2 per hour'

export async function expressApp(store: Store): Promise<RequestListener> {
  const app = express()
  app.use(expressRateLimit({ ip, store }))
  app.get('/', (_request, response) => void response.send('hello'))
  return app
}

export async function fastifyApp(store: Store): Promise<RequestListener> {
  const app = fastify()
  await app.register(fastifyRateLimit, { ip, store })
  app.get('/', async () => 'hello')
  await app.ready()
  return (request, response) => app.routing(request, response)
}

export async function honoApp(store: Store): Promise<RequestListener> {
  const app = new Hono().use(honoRateLimit({ ip, store, getConnInfo })).get('/', (c) => c.text('hello'))
  const listener = getRequestListener(app.fetch)
  return (request, response) => void listener(request, response)
}
