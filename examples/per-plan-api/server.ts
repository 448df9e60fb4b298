import { rateLimit } from '@rl/adapter-fastify'
import { defaultTiers } from '@rl/core'
import { fastify } from 'fastify'

import { planOf, userOf } from './users.ts'

const app = fastify({ trustProxy: 'loopback' }) // nginx on this machine; other cases: ../behind-a-proxy

await app.register(rateLimit, {
  ip: '30 per minute', // callers without a key, by address
  tiers: { ...defaultTiers, partner: ['50 per second', '2000 per minute'] }, // free 60, premium 300, enterprise 1000 per minute, admin unlimited
  // A key that is not known names nobody: if it did, each made-up one would have a quota of its own.
  identify: async (request) => ({ userId: await userOf(request.headers['x-api-key']) }),
  tierOf: planOf, // a plan that is not among the tiers is held to `free`
})

app.get('/', async ({ rateLimit }) => ({ tier: rateLimit?.tier ?? 'nobody known', remaining: rateLimit?.remaining }))

const { PORT = '3000' } = process.env
await app.listen({ port: Number(PORT), host: '127.0.0.1' })
console.log(`Listening on http://127.0.0.1:${PORT}`)
