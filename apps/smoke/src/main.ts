// Sends three requests through every adapter, over every store that can be had, where two are admitted; and prints what
// they were answered. Redis is at REDIS_URL; SQLite wants a newer Node than the rest.
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'

import type { Store } from '@rl/core'

import { expressApp, fastifyApp, honoApp } from './apps.ts'
import { openStores } from './stores.ts'

const apps: Readonly<Record<string, (store: Store) => Promise<RequestListener>>> = {
  express: expressApp,
  fastify: fastifyApp,
  hono: honoApp,
}

for (const [framework, createApp] of Object.entries(apps)) {
  for (const { name, store, close } of await openStores()) {
    const server = createServer(await createApp(store)).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const answers: string[] = []
    for (let i = 0; i < 3; i++) {
      const { status, headers } = await fetch(origin)
      answers.push(`${status} with ${headers.get('x-ratelimit-remaining')} left`)
    }
    console.log(`${framework} over ${name}: ${answers.join(', ')}`)
    server.close()
    server.closeAllConnections()
    await close()
  }
}
