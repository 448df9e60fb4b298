import type { RequestListener } from 'node:http'

import { rateLimit } from '@rl/adapter-fastify'
import type { Store } from '@rl/core'
import { fastify } from 'fastify'

import { answers } from './answers.ts'
import { limits } from './limits.ts'
import { userOf } from './plans.ts'

/** The demo's API on Fastify. */
export async function fastifyApp(store: Store): Promise<RequestListener> {
  const app = fastify()
  // No route reads a body, so none is too strange.
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', (_request, _body, done) => done(null))

  await app.register(rateLimit, {
    ...limits,
    store,
    identify: ({ headers }) => userOf(headers['x-api-key']?.toString()),
  })

  app.get('/api/data', async (request) => answers.data(request.rateLimit))
  app.all('/api/upload', async () => answers.upload())
  app.post('/api/auth/login', async (_request, reply) => reply.code(401).send(answers.login()))
  app.get<{ Querystring: { q?: string } }>('/api/search', async (request) => answers.search(request.query.q))

  await app.ready()
  return (request, response) => app.routing(request, response)
}
