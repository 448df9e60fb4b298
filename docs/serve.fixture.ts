import { once } from 'node:events'
import { createServer } from 'node:http'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'

import { createAdaptorServer } from '@hono/node-server'
import type { Express } from 'express'
import type { Hono } from 'hono'
import { onTestFinished } from 'vitest'

/** Serves an Express or Hono app until the test is over, and answers its address. */
export async function serve(app: Express | Hono): Promise<string> {
  const server = ('fetch' in app ? createAdaptorServer({ fetch: app.fetch }) : createServer(app)) as Server
  await once(server.listen(0, '127.0.0.1'), 'listening')
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}
