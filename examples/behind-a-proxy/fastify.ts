import { rateLimit } from '@rl/adapter-fastify'
import { fastify } from 'fastify'

import { clientOfCloudflare } from './cloudflare.ts'

const { CDN, PORT = '3000' } = process.env

const app = fastify({ trustProxy: 'loopback' }) // where nginx runs: on this machine; elsewhere, its address
await app.register(rateLimit, {
  ip: '5 per minute',
  identify: ({ ip, headers }) =>
    CDN === 'cloudflare' ? clientOfCloudflare(ip, headers['cf-connecting-ip']?.toString()) : undefined,
})
app.get('/', async () => 'hello')
await app.listen({ port: Number(PORT), host: '127.0.0.1' })
console.log(`Listening on http://127.0.0.1:${PORT}`)
