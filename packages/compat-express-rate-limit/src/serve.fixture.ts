// Serves express-rate-limit at 100 per hour on a store that other processes share: an SQLite file, or a Redis by its URL.
// Prints the port, and ends with its standard input.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

import { RedisStore } from '@rl/store-redis'
import { SqliteStore } from '@rl/store-sqlite'
import express from 'express'
import { rateLimit } from 'express-rate-limit'
import { Redis } from 'ioredis'

import { compatStore } from './compat-store.ts'

const place = process.argv[2] ?? ''
const isUrl = place.startsWith('redis:')
const store = isUrl ? new RedisStore({ client: new Redis(place) }) : new SqliteStore({ path: place })
const app = express()
app.use(rateLimit({ limit: 100, windowMs: 3_600_000, store: compatStore(store, { timeoutMs: 10_000 }) }))
app.get('/', (_request, response) => void response.send('hello'))
const server = createServer(app).listen(0, '127.0.0.1', () => {
  process.stdout.write(`${(server.address() as AddressInfo).port}\n`)
})
process.stdin.on('end', () => process.exit()).resume()
