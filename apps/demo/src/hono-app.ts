import type { RequestListener } from 'node:http'

import { getRequestListener } from '@hono/node-server'
import { getConnInfo } from '@hono/node-server/conninfo'
import { rateLimit } from '@rl/adapter-hono'
import type { Store } from '@rl/core'
import { Hono } from 'hono'

import { answers } from './answers.ts'
import { limits } from './limits.ts'
import { userOf } from './plans.ts'

/** The demo's API on Hono. */
export async function honoApp(store: Store): Promise<RequestListener> {
  const app = new Hono()
    .use(rateLimit({ ...limits, store, getConnInfo, identify: (c) => userOf(c.req.header('x-api-key')) }))
    .get('/api/data', (c) => c.json(answers.data(c.var.rateLimit)))
    .all('/api/upload', (c) => c.json(answers.upload()))
    .post('/api/auth/login', (c) => c.json(answers.login(), 401))
    .get('/api/search', (c) => c.json(answers.search(c.req.query('q'))))
  const listener = getRequestListener(app.fetch)
  return (request, response) => void listener(request, response)
}
