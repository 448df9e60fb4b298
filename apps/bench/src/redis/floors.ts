import type { Redis } from 'ioredis'
import type { AlgorithmName } from '@rl/core'
import { RedisStore } from '@rl/store-redis'

import { askEach } from '../contender.ts'
import type { Ask, Contender } from '../contender.ts'
import { keysOf } from '../keys.ts'

/** A count for each key, and no end to it. */
export const incr: Contender<Redis> = {
  name: 'INCR',
  make: ({ quota }, client) => askEach(async (key) => (await client.incr(key)) <= quota),
}

/** Three counts for each key. */
export const threeIncr: Contender<Redis> = {
  name: 'INCR, three',
  make: ({ quota }, client) =>
    askEach(async (key) => {
      const counts = await Promise.all([client.incr(`a:${key}`), client.incr(`b:${key}`), client.incr(`c:${key}`)])
      return counts[0] <= quota
    }),
}

const RECORDED_KEYS = 1000

/**
 * The script calls that our store makes, made again without it: what the same work costs at the server and on the way. It
 * decides nothing here, since nobody reads the answers.
 */
export const bareEvalsha = (algorithm: AlgorithmName): Contender<Redis> => ({
  name: `EVALSHA, bare, ${algorithm}`,
  decides: false,
  async make({ quota, windowMs }, client) {
    const calls: Parameters<Redis['evalsha']>[] = []
    const recorder = {
      evalsha: (...call: [string, number, ...string[]]) => {
        calls.push(call)
        return client.evalsha(...call)
      },
      eval: (...call: [string, number, ...string[]]) => client.eval(...call),
      del: (key: string) => client.del(key),
      ping: () => client.ping(),
    }
    const store = new RedisStore({ client: recorder })
    const limit = { algorithm, quota, windowMs }
    for (const key of keysOf(RECORDED_KEYS)) await store.consume([{ key, limit, cost: 1 }])
    let turn = 0
    return askEach(async () => {
      await client.evalsha(...calls[turn++ % calls.length]!)
      return true
    })
  },
})

const GET_AND_SETRANGE = `
  for _, key in ipairs(KEYS) do
    if redis.call('GET', key) then
      redis.call('SETRANGE', key, '16', ARGV[1])
    else
      redis.call('SET', key, ARGV[2], 'PX', ARGV[3])
    end
  end`

/**
 * One script call for the keys of one turn of the event loop, that reads each and writes a third of it, or all of it where it
 * is new, and decides nothing: what it costs to count in states that expire, and what travels with it.
 */
export const getAndSetrange: Contender<Redis> = {
  name: 'GET and SETRANGE in a script, batched',
  decides: false,
  make: ({ windowMs }, client) =>
    askInBatches(client, GET_AND_SETRANGE, ['a third!', 'a state of twenty-four b', String(windowMs)], (key) => [key]),
}

/** So for three keys in place of one. */
export const threeGetAndSetrange: Contender<Redis> = {
  name: 'GET and SETRANGE in a script, three, batched',
  decides: false,
  make: ({ windowMs }, client) =>
    askInBatches(client, GET_AND_SETRANGE, ['a third!', 'a state of twenty-four b', String(windowMs)], (key) => [
      `a:${key}`,
      `b:${key}`,
      `c:${key}`,
    ]),
}

const KEEP_LOGS = `
  for _, key in ipairs(KEYS) do
    if redis.call('LRANGE', key, '0', '3')[1] then
      redis.call('LSET', key, '0', ARGV[1])
      redis.call('RPUSH', key, ARGV[2])
    else
      redis.call('RPUSH', key, ARGV[1], ARGV[2])
      redis.call('PEXPIRE', key, ARGV[3])
    end
  end`

/** Likewise, with a list of charges, whose first entry is their sum: reads where it begins, writes the sum and adds a charge. */
export const keepLogs: Contender<Redis> = {
  name: 'LRANGE, LSET and RPUSH in a script, batched',
  decides: false,
  make: ({ windowMs }, client) =>
    askInBatches(client, KEEP_LOGS, ['how long and how much', 'when and how much', String(windowMs)], (key) => [key]),
}

/** Asks for all keys of one turn of the event loop in one call. */
async function askInBatches(
  client: Redis,
  script: string,
  args: readonly string[],
  keysFor: (key: string) => readonly string[],
): Promise<Ask> {
  const sha1 = String(await client.script('LOAD', script))
  let waiting: { readonly keys: readonly string[]; readonly resolve: (isAllowed: boolean) => void }[] = []
  const flush = async (): Promise<void> => {
    const batch = waiting
    waiting = []
    const keys = batch.flatMap((one) => one.keys)
    await client.evalsha(sha1, keys.length, ...keys, ...args)
    for (const { resolve } of batch) resolve(true)
  }
  return askEach(
    async (key) =>
      new Promise((resolve) => {
        if (waiting.push({ keys: keysFor(key), resolve }) === 1) setImmediate(() => void flush())
      }),
  )
}
