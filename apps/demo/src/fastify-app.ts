import type { RequestListener } from 'node:http'

import { rateLimit } from '@rl/adapter-fastify'
import type { DosGuard } from '@rl/core'
import { fastify } from 'fastify'

import { answers } from './answers.ts'
import type { DemoLimiter } from './create-limiter.ts'
import { userOf } from './plans.ts'
import { TRUSTED_PROXIES } from './trusted-proxies.ts'

/** The demo's API on Fastify. */
export async function fastifyApp(limiter: DemoLimiter, dos: DosGuard): Promise<RequestListener> {
  const app = fastify({ trustProxy: TRUSTED_PROXIES })
  // No route reads a body, so none is too strange.
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', (_request, _body, done) => done(null))

  await app.register(rateLimit, {
    limiter,
    dos,
    identify: ({ headers }) => userOf(headers['x-api-key']?.toString()),
  })

  app.get('/api/data', async (request) => answers.data(request.rateLimit))
  app.all('/api/upload', async () => answers.upload())
  app.post('/api/auth/login', async (_request, reply) => reply.code(401).send(answers.login()))
  app.get<{ Querystring: { q?: string } }>('/api/search', async (request) => answers.search(request.query.q))

  await app.ready()
  return (request, response) => app.routing(request, response)
}
