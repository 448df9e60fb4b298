import type { RequestListener } from 'node:http'

import { getRequestListener } from '@hono/node-server'
import type { HttpBindings } from '@hono/node-server'
import { rateLimit } from '@rl/adapter-hono'
import type { DosGuard } from '@rl/core'
import { Hono } from 'hono'
import type { Context } from 'hono'
import proxyAddr from 'proxy-addr'

import { answers } from './answers.ts'
import type { DemoLimiter } from './create-limiter.ts'
import { userOf } from './plans.ts'
import { TRUSTED_PROXIES } from './trusted-proxies.ts'

/** The demo's API on Hono. */
export async function honoApp(limiter: DemoLimiter, dos: DosGuard): Promise<RequestListener> {
  const app = new Hono()
    .use(rateLimit({ limiter, dos, getConnInfo, identify: (c) => userOf(c.req.header('x-api-key')) }))
    .get('/api/data', (c) => c.json(answers.data(c.var.rateLimit)))
    .all('/api/upload', (c) => c.json(answers.upload()))
    .post('/api/auth/login', (c) => c.json(answers.login(), 401))
    .get('/api/search', (c) => c.json(answers.search(c.req.query('q'))))
  const listener = getRequestListener(app.fetch)
  return (request, response) => void listener(request, response)
}

/** Hono knows no proxies: the one of `@hono/node-server/conninfo` tells the address at the other end of the socket. */
function getConnInfo(c: Context<{ Bindings: HttpBindings }>) {
  return { remote: { address: proxyAddr(c.env.incoming, TRUSTED_PROXIES) } }
}
