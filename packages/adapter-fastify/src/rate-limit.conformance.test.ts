import { adapterConformance } from '@rl/conformance'
import type { AdapterConfig, ServedApp } from '@rl/conformance'
import { adapterOptions, respond, respondToError } from '@rl/conformance/app'
import type { AppAnswer } from '@rl/conformance/app'
import { fastify } from 'fastify'
import type { FastifyReply, FastifyRequest } from 'fastify'

import { testStores } from '../../adapter-express/src/stores.fixture.ts'
import type { TestStore } from '../../adapter-express/src/stores.fixture.ts'
import { rateLimit } from './rate-limit.ts'
import type { RateLimitOptions } from './rate-limit.ts'

async function serve(
  { trustProxy = false, ...config }: AdapterConfig,
  { store, close }: TestStore,
  hook: RateLimitOptions['hook'] = 'onRequest',
): Promise<ServedApp> {
  const app = fastify({ trustProxy, forceCloseConnections: true })
  const options = adapterOptions<FastifyRequest>(config, ({ headers }, name) => headers[name]?.toString())
  await app.register(rateLimit, { store, ...options, hook })
  const send = (reply: FastifyReply, { status, headers, body }: AppAnswer) =>
    reply.code(status).headers(headers).send(body)
  app.setErrorHandler((error, _request, reply) => send(reply, respondToError(error)))
  app.all('/app/*', async (request, reply) =>
    send(reply, await respond(request.url.split('?', 1)[0]!, request.rateLimit)),
  )
  const origin = await app.listen({ port: 0, host: '127.0.0.1' })
  return {
    origin,
    async close() {
      await app.close()
      await close()
    },
  }
}

for (const [storeName, open] of testStores) {
  adapterConformance(`Fastify on ${storeName}`, async (config) => serve(config, await open()))
}

const [[, openMemory]] = testStores as [(typeof testStores)[number]]
adapterConformance('Fastify, decided before the handler', async (config) =>
  serve(config, await openMemory(), 'preHandler'),
)
