import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

import express from 'express'
import type { Express, NextFunction, Request, RequestHandler, Response } from 'express'
import { rateLimit } from 'express-rate-limit'
import type { Options } from 'express-rate-limit'
import { afterEach } from 'vitest'

const stops: (() => Promise<unknown>)[] = []

afterEach(async () => {
  for (const stop of stops.splice(0)) await stop()
})

/** Serves an app until the test is over, and answers its address. */
export async function serve(app: Express): Promise<string> {
  const server = createServer(app).listen(0, '127.0.0.1')
  await once(server, 'listening')
  stops.push(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** An app behind limiters, which answers what they have found, or with the status that the path says. Errors are 500. */
export function appBehind(...limiters: readonly RequestHandler[]): Express {
  const app = express()
  for (const limiter of limiters) app.use(limiter)
  app.get('/:status', ({ params }, response) => void response.sendStatus(Number(params.status)))
  app.get('/', (request, response) => void response.json(Reflect.get(request, 'rateLimit')))
  app.use((error: Error, _request: Request, response: Response, _next: NextFunction) => {
    response.status(500).send(error.message)
  })
  return app
}

/** The address of an app behind express-rate-limit. */
export async function limited(options: Partial<Options>): Promise<string> {
  return serve(appBehind(rateLimit(options)))
}
