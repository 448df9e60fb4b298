import { rateLimit } from '@rl/adapter-express'
import { MemoryStore } from '@rl/store-memory'
import { RedisStore } from '@rl/store-redis'
import express from 'express'
import { Redis } from 'ioredis'

const client = new Redis(process.env['REDIS_URL'] ?? 'redis://127.0.0.1:6379', {
  lazyConnect: true,
  enableOfflineQueue: false, // without a connection, fail at once: the fallback decides
  maxRetriesPerRequest: 0, // never send again what may have been counted
  retryStrategy: (attempt) => Math.min(20 * attempt, 100),
  reconnectOnError: (error) => error.message.includes('READONLY'), // the master has become a replica: look for the new one
  connectTimeout: 1000,
  socketTimeout: 5000,
})
let isUp = true
client.on('ready', () => (isUp = true))
client.on('error', (error) => {
  if (isUp) console.error(`Redis: ${error.message}`) // once, and not for each attempt to connect again
  isUp = false
})

const app = express()
app.set('trust proxy', 'loopback') // nginx on this machine; other cases: ../behind-a-proxy
app.use(
  rateLimit({
    store: new RedisStore({ client }),
    fallback: new MemoryStore(), // while Redis does not answer, each process counts for itself
    timeoutMs: 1000, // nor if one decision takes longer than that
    ip: '100 per minute',
    endpoints: {
      'POST /pay': { rate: '10 per minute', onStoreError: 'deny' }, // 503, if the fallback fails too
    },
  }),
)
app.get('/', ({ rateLimit }, response) => {
  response.json({ countedIn: rateLimit?.degraded === 'fallback' ? 'memory' : 'Redis' })
})
app.post('/pay', (_request, response) => void response.send('paid'))

// Without Redis it starts as well: the client goes on trying.
await client.connect().catch(() => {})

const { PORT = '3000' } = process.env
app.listen(Number(PORT), '127.0.0.1', () => console.log(`Listening on http://127.0.0.1:${PORT}`))
