import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

import type { AdapterConfig, ServedApp } from '@rl/conformance'
import { adapterOptions, respond, respondToError } from '@rl/conformance/app'
import type { AppAnswer } from '@rl/conformance/app'
import type { Express, NextFunction, Request, Response } from 'express'

import { rateLimit } from './rate-limit.ts'
import type { TestStore } from './stores.fixture.ts'

/** The app of the adapter's conformance suite on Express, whichever version `app` is of. */
export async function serveExpress(
  app: Express,
  { trustProxy = false, ...config }: AdapterConfig,
  { store, close }: TestStore,
): Promise<ServedApp> {
  app.set('trust proxy', trustProxy)
  const options = adapterOptions<Request>(config, (request, name) => request.get(name))
  app.use(rateLimit({ store, ...options }))
  const send = (response: Response, { status, headers, body }: AppAnswer): void => {
    response.status(status).set(headers).end(body)
  }
  app.use('/app', (request, response, next) => {
    respond(request.baseUrl + request.path, request.rateLimit).then((answer) => send(response, answer), next)
  })
  app.use((error: unknown, _request: Request, response: Response, _next: NextFunction) => {
    send(response, respondToError(error))
  })
  const server = createServer(app).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      server.close()
      server.closeAllConnections()
      await close()
    },
  }
}
