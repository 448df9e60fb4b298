/**
 * What the store asks of a client: an `ioredis` Redis or Cluster, or anything else that has these methods, such as
 * iovalkey's. A few lines make another client fit.
 */
export interface RedisClient {
  /** Whether keys of one script have to be in one slot. */
  readonly isCluster?: boolean
  evalsha(sha1: string, keyCount: number, ...keysAndArguments: string[]): Promise<unknown>
  eval(script: string, keyCount: number, ...keysAndArguments: string[]): Promise<unknown>
  del(key: string): Promise<unknown>
  ping(): Promise<unknown>
}
