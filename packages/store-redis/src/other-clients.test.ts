import { storeConformance } from '@rl/conformance'
import { startRedis } from '@rl/test-servers'
import { Redis as Valkey } from 'iovalkey'
import { createClient } from 'redis'
import { afterAll } from 'vitest'

import type { RedisClient } from './redis-client.ts'
import { RedisStore } from './redis-store.ts'

const server = await startRedis()
const valkey = new Valkey(server.url)
const nodeRedis = await createClient({ url: server.url }).connect()

afterAll(async () => {
  valkey.disconnect()
  nodeRedis.destroy()
  await server.stop()
})

/** As the README has it. */
const split = (keyCount: number, all: string[]) => ({ keys: all.slice(0, keyCount), arguments: all.slice(keyCount) })
const adapted: RedisClient = {
  evalsha: (sha1, keyCount, ...all) => nodeRedis.evalSha(sha1, split(keyCount, all)),
  eval: (script, keyCount, ...all) => nodeRedis.eval(script, split(keyCount, all)),
  del: (key) => nodeRedis.del(key),
  ping: () => nodeRedis.ping(),
}

let stores = 0

storeConformance('Redis by iovalkey', ({ clock }) => {
  return new RedisStore({ client: valkey, clock, prefix: `valkey-${stores++}` })
})

storeConformance('Redis by node-redis', ({ clock }) => {
  return new RedisStore({ client: adapted, clock, prefix: `node-redis-${stores++}` })
})
