import { storeConformance } from '@rl/conformance'
import { startCluster, startRedis } from '@rl/test-servers'
import { Cluster, Redis } from 'ioredis'
import { afterAll } from 'vitest'

import { RedisStore } from './redis-store.ts'

const server = await startRedis()
const client = new Redis(server.url)
const cluster = await startCluster()
const clusterClient = new Cluster([...cluster.nodes])

afterAll(async () => {
  client.disconnect()
  clusterClient.disconnect()
  await Promise.all([server.stop(), cluster.stop()])
})

let stores = 0

storeConformance('Redis', ({ clock }) => new RedisStore({ client, clock, prefix: `rl-${stores++}` }))

storeConformance('Redis, one call at a time and nothing remembered', ({ clock }) => {
  return new RedisStore({ client, clock, prefix: `rl-${stores++}`, batch: false, denyCacheSize: 0 })
})

storeConformance('Redis Cluster', ({ clock }) => {
  return new RedisStore({ client: clusterClient, clock, prefix: `rl-${stores++}` })
})

storeConformance('Redis Cluster, all in one slot', ({ clock }) => {
  return new RedisStore({ client: clusterClient, clock, prefix: `{rl-${stores++}}` })
})
