// Serves @fastify/rate-limit at 100 per hour on a store that other processes share: an SQLite file, or a Redis by its URL.
// Prints the port, and ends with its standard input.
import fastifyRateLimit from '@fastify/rate-limit'
import { RedisStore } from '@rl/store-redis'
import { SqliteStore } from '@rl/store-sqlite'
import { fastify } from 'fastify'
import { Redis } from 'ioredis'

import { compatStore } from './compat-store.ts'

const place = process.argv[2] ?? ''
const isUrl = place.startsWith('redis:')
const store = isUrl ? new RedisStore({ client: new Redis(place) }) : new SqliteStore({ path: place })
const app = fastify()
await app.register(fastifyRateLimit, {
  max: 100,
  timeWindow: '1 hour',
  store: compatStore(store, { timeoutMs: 10_000 }),
})
app.get('/', async () => 'hello')
process.stdout.write(`${new URL(await app.listen({ port: 0, host: '127.0.0.1' })).port}\n`)
process.stdin.on('end', () => process.exit()).resume()
