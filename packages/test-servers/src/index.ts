export { startCluster, type RedisCluster } from './start-cluster.ts'
export { startProxy, type FaultyProxy } from './start-proxy.ts'
export { startRedis, type RedisOptions, type RedisServer } from './start-redis.ts'
export { startSentinel, type RedisSentinel, type SentinelOptions } from './start-sentinel.ts'
