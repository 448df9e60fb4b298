import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import type { AddressInfo } from 'node:net'

import { parseLimit, RateLimiter } from '@rl/core'
import type { Charge, Limit, Verdict } from '@rl/core'
import { startCluster, startRedis } from '@rl/test-servers'
import type { RedisCluster, RedisServer } from '@rl/test-servers'
import { Cluster, Redis } from 'ioredis'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'

import type { RedisClient } from './redis-client.ts'
import { RedisStore } from './redis-store.ts'
import type { RedisStoreOptions } from './redis-store.ts'

const KEPT_FOR_TWO_WINDOWS = new Set<string>(['sliding-window-counter', 'token-bucket'])
const ALGORITHMS = ['fixed-window', 'sliding-window', 'sliding-window-counter', 'token-bucket'] as const

let server: RedisServer
let client: Redis
let cluster: RedisCluster
let clusterClient: Cluster

beforeAll(async () => {
  server = await startRedis()
  client = new Redis(server.url)
  cluster = await startCluster()
  clusterClient = new Cluster([...cluster.nodes])
})

afterAll(async () => {
  client.disconnect()
  clusterClient.disconnect()
  await Promise.all([server.stop(), cluster.stop()])
})

beforeEach(async () => {
  await client.flushall()
})

const five = parseLimit('5 per minute')

function charge(key: string, limit: Limit = five, cost = 1): Charge {
  return { key, limit, cost }
}

/** One server that is taken for a cluster, and what happens there before each script call. */
function clusterOfOne(before: (verb: string, key: string) => Promise<unknown>): RedisClient {
  return {
    isCluster: true,
    evalsha: async (sha1, keyCount, ...rest) => {
      await before(rest[keyCount]!, rest[0]!)
      return client.evalsha(sha1, keyCount, ...rest)
    },
    eval: async (...args) => client.eval(...args),
    del: async (key) => client.del(key),
    ping: async () => client.ping(),
  }
}

/** How many calls of some commands the server has run since it was last asked. */
async function callsOf(...commands: string[]): Promise<number> {
  const stats = await client.info('commandstats')
  await client.config('RESETSTAT')
  const counts = commands.map((command) => new RegExp(`^cmdstat_${command}:calls=(\\d+)`, 'm').exec(stats)?.[1] ?? 0)
  return counts.reduce<number>((sum, count) => sum + Number(count), 0)
}

const scriptCalls = async (): Promise<number> => callsOf('eval', 'evalsha')

/** Milliseconds, by the server. */
async function serverTime(): Promise<number> {
  const [seconds, microseconds] = await client.time()
  return Number(seconds) * 1000 + Math.floor(Number(microseconds) / 1000)
}

describe('a decision', () => {
  it('is one script call over three limits, allowed or denied', async () => {
    const store = new RedisStore({ client, denyCacheSize: 0 })
    const limiter = new RateLimiter({
      store,
      ip: { rate: '100 per minute', appliesTo: 'everyone' },
      endpoints: { '/x': '1 per minute' },
    })
    const request = { ip: '192.0.2.1', userId: 'u', endpoint: '/x' }
    await limiter.isAllowed({ ...request, cost: 0 })
    await scriptCalls()
    expect(await limiter.isAllowed(request)).toMatchObject({ allowed: true, policies: { length: 3 } })
    expect(await scriptCalls()).toBe(1)
    expect(await limiter.isAllowed(request)).toMatchObject({ allowed: false, policies: { length: 3 } })
    expect(await scriptCalls()).toBe(1)
  })

  it('on nothing asks nothing', async () => {
    const store = new RedisStore({ client })
    await scriptCalls()
    expect([await store.consume([]), await store.peek([]), await store.refund([])]).toEqual([[], [], undefined])
    expect(await scriptCalls()).toBe(0)
  })

  it('is counted once when the server has forgotten its scripts', async () => {
    const store = new RedisStore({ client })
    await store.consume([charge('a')])
    const answers = []
    for (let i = 0; i < 10; i++) {
      const charges = [charge(`b${i}`), charge('many', parseLimit('100 per minute'))]
      const decisions = charges.map(async (one) => store.consume([one]))
      const [flushed] = await Promise.all([client.script('FLUSH', 'SYNC'), ...decisions])
      answers.push(flushed, ...(await Promise.all(decisions)).map(([verdict]) => verdict!.remaining))
    }
    expect(answers).toEqual(Array.from({ length: 10 }, (_, i) => ['OK', 4, 99 - i]).flat())
  })

  it('is made by the server’s own time, to the millisecond', async () => {
    const store = new RedisStore({ client })
    const serverTime = async () => {
      const [seconds, micros] = await client.time()
      return Number(seconds) * 1000 + Math.floor(Number(micros) / 1000)
    }
    for (let i = 0; i < 200; i++) {
      const before = await serverTime()
      const [verdict] = await store.peek([charge('a')])
      const after = await serverTime()
      expect(verdict!.at).toBeGreaterThanOrEqual(before)
      expect(verdict!.at).toBeLessThanOrEqual(after)
    }
  })

  it('keeps keys by prefix, version, algorithm and whose they are', async () => {
    const store = new RedisStore({ client })
    const limiter = new RateLimiter({
      store,
      endpoints: { '/x': { rate: '10 per minute', algorithm: 'token-bucket' } },
    })
    await limiter.isAllowed({ userId: '42', endpoint: '/x' })
    await new RedisStore({ client, prefix: 'app' }).consume([charge('a')])
    expect((await client.keys('*')).toSorted()).toEqual([
      'app:1:fw:{a}',
      'rl:1:fw:user|{user:42}',
      'rl:1:tb:/x|{user:42}',
    ])
  })

  it.each(ALGORITHMS)('leaves no key without an expiry (%s)', async (algorithm) => {
    const store = new RedisStore({ client })
    for (const [rate, windowMs] of [
      ['2 per 500 ms', 500],
      ['2 per 1500 ms', 1500],
    ] as const) {
      const limit = parseLimit({ rate, algorithm })
      for (const cost of [1, 1, 1]) {
        await store.consume([charge(rate, limit, cost)])
        const [key] = await client.keys(`*${rate}*`)
        const ttl = await client.pttl(key!)
        expect(ttl).toBeGreaterThan(0)
        expect(ttl).toBeLessThanOrEqual(KEPT_FOR_TWO_WINDOWS.has(algorithm) ? 2 * windowMs : windowMs)
      }
      await store.refund([charge(rate, limit)])
      expect(await client.pttl((await client.keys(`*${rate}*`))[0]!)).toBeGreaterThan(0)
    }
  })

  it('lets no key expire a millisecond before its window is over', async () => {
    const store = new RedisStore({ client })
    let longestMs = 0
    // Until the answer and the question after it are of one millisecond.
    for (let i = 0; i < 1000 && longestMs < 60_000; i++) {
      await store.consume([charge(`${i}`)])
      longestMs = Math.max(longestMs, await client.pttl(`rl:1:fw:{${i}}`))
    }
    expect(longestMs).toBe(60_000)
  })

  it.each([
    ['fixed-window', 60_000],
    ['sliding-window', 60_000],
    ['sliding-window-counter', 120_000],
    ['token-bucket', 120_000],
  ] as const)('heals a key that has lost its expiry, once it would have expired (%s)', async (algorithm, afterMs) => {
    let now = 1_700_000_000_000
    const store = new RedisStore({ client, clock: () => now })
    const limit = parseLimit({ rate: '5 per minute', algorithm })
    await store.consume([charge('a', limit, 5)])
    const [key] = await client.keys('*')
    await client.persist(key!)
    expect(await client.pttl(key!)).toBe(-1)
    now += afterMs
    await store.consume([charge('a', limit)])
    expect(await client.pttl(key!)).toBeGreaterThan(0)
  })

  it.each(ALGORITHMS)('writes nothing where it denies (%s)', async (algorithm) => {
    const store = new RedisStore({ client, denyCacheSize: 0, clock: () => 1_700_000_000_000 })
    const asked = charge('a', parseLimit({ rate: '5 per minute', algorithm }), 5)
    await store.consume([asked])
    await callsOf()
    expect(await store.consume([asked])).toMatchObject([{ allowed: false }])
    expect(await store.consume([charge('b'), asked])).toMatchObject([{ allowed: true }, { allowed: false }])
    expect(await callsOf('setrange', 'psetex', 'pexpire', 'del', 'lset', 'ltrim', 'lpush', 'rpush')).toBe(0)
  })

  // Each of them admits two charges in every second, and not one more.
  const twoASecond = [
    { rate: '120 per minute', algorithm: 'fixed-window' },
    { rate: '122 per minute', algorithm: 'sliding-window-counter' },
    { rate: '120 per minute', algorithm: 'token-bucket', burst: 2 },
  ] as const
  it.each(
    twoASecond.flatMap((rule) => [
      { ...rule, keys: ['a'] },
      { ...rule, keys: ['a', 'b', 'c'] },
    ]),
  )(
    'looks once at each key, down to the last unit, and sets expiries once a minute: $algorithm, $keys',
    async (asked) => {
      const { keys, ...rule } = asked
      let now = 1_700_000_000_000
      const store = new RedisStore({ client, clock: () => now })
      const limit = parseLimit(rule)
      const charges = keys.map((key) => charge(key, limit))
      await callsOf()
      for (let second = 0; second < 180; second++) {
        await store.consume(charges)
        await store.consume(charges)
        now += 1000
      }
      const stats = await client.info('commandstats')
      expect(stats).toContain(`cmdstat_get:calls=${360 * keys.length},`)
      expect(stats).toContain(`cmdstat_psetex:calls=${3 * keys.length},`)
      expect(stats).toContain(`cmdstat_setrange:calls=${357 * keys.length},`)
    },
  )

  it('keeps a bucket for as long as it matters, and for a minute more at most', async () => {
    const store = new RedisStore({ client })
    const rates = ['10 per minute', '100 per hour', '2 per second'] as const
    const limits = rates.map((rate) => parseLimit({ rate, algorithm: 'token-bucket', burst: 100 }))
    let longestMs = 0
    for (let i = 0; i < 60; i++) {
      const [verdict] = await store.consume([charge('a', limits[i % limits.length], 1 + (i % 2))])
      const { at, resetAfterMs } = verdict!
      longestMs = Math.max(longestMs, resetAfterMs)
      const expiresAt = await client.pexpiretime('rl:1:tb:{a}')
      expect(expiresAt).toBeGreaterThanOrEqual(at! + resetAfterMs)
      expect(expiresAt).toBeLessThanOrEqual((await serverTime()) + longestMs + 60_000)
    }
  })

  it('keeps a bucket no longer than it matters after a refund', async () => {
    const store = new RedisStore({ client })
    const limit = parseLimit({ rate: '100 per hour', algorithm: 'token-bucket' })
    await store.consume([charge('a', limit, 100)])
    await store.refund([charge('a', limit, 95)])
    const expiresAt = await client.pexpiretime('rl:1:tb:{a}')
    expect(expiresAt).toBeLessThanOrEqual((await serverTime()) + 180_000 + 60_000)
  })

  it('keeps a bucket that takes thousands of years to fill', async () => {
    const store = new RedisStore({ client })
    const limit = parseLimit({ rate: '1 per 30 days', algorithm: 'token-bucket', burst: 50_000 })
    expect(await store.consume([charge('a', limit, 45_000)])).toMatchObject([{ allowed: true, remaining: 5000 }])
    expect(await store.consume([charge('a', limit, 45_000)])).toMatchObject([{ allowed: false, remaining: 5000 }])
    expect(await client.pttl('rl:1:tb:{a}')).toBeGreaterThan(1e14)
  })

  it.each([
    ['fixed-window', 'fw', 'not a state'],
    ['fixed-window', 'fw', '2024-01-01T00:00:00.000Z'],
    ['sliding-window-counter', 'sc', '5d41402abc4b2a76b9719d911017c592'],
    ['sliding-window-counter', 'sc', 'not a state'],
    ['token-bucket', 'tb', 'aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d'],
    ['token-bucket', 'tb', '\0'.repeat(24)],
  ] as const)('does not take what somebody else wrote for a state (%s)', async (algorithm, tag, text) => {
    const store = new RedisStore({ client })
    await client.set(`rl:1:${tag}:{OOM}`, text)
    const failing = store.consume([charge('OOM', parseLimit({ rate: '5 per minute', algorithm }))])
    await expect(failing).rejects.toMatchObject({
      name: 'StoreError',
      code: 'RL_STORE_FAILED',
      message: expect.stringContaining(`the key rl:1:${tag}:{OOM} holds something else`) as string,
    })
    expect(await client.get(`rl:1:${tag}:{OOM}`)).toBe(text)
  })

  it('fails alone where one of a batch fails', async () => {
    const store = new RedisStore({ client })
    await client.set('rl:1:sw:{a}', 'not a list')
    const bad = charge('a', parseLimit({ rate: '5 per minute', algorithm: 'sliding-window' }))
    const answers = await Promise.allSettled([
      store.consume([charge('before')]),
      store.consume([charge('beside'), bad]),
      store.consume([charge('after')]),
    ])
    const admission = { status: 'fulfilled', value: [{ allowed: true, remaining: 4, resetAfterMs: 60_000 }] }
    expect(answers).toMatchObject([admission, { status: 'rejected' }, admission])
    expect(await store.peek([charge('beside', five, 0)])).toMatchObject([{ remaining: 5 }])
  })

  it('tells when it decided beside a denial that cannot be written', async () => {
    const ahead = new RedisStore({ client, clock: () => Date.now() + 30_000 })
    await ahead.consume([charge('a', five, 5), charge('b', five, 5)])
    const store = new RedisStore({ client })
    const from = await serverTime()
    await client.config('SET', 'maxmemory', '1')
    // Windows of the future are written as windows of now, also where they deny.
    const looks = [async () => store.peek([charge('c')]), async () => store.consume([charge('a'), charge('b')])]
    const [seen, denied] = await Promise.allSettled(looks.map(async (look) => look()))
    await client.config('SET', 'maxmemory', '0')
    expect(denied).toMatchObject({ status: 'rejected', reason: { code: 'RL_STORE_FULL' } })
    const { at } = (seen as PromiseFulfilledResult<readonly Verdict[]>).value[0]!
    expect(at).toBeGreaterThanOrEqual(from)
    expect(at).toBeLessThanOrEqual(await serverTime())
  })

  it('tells a failure of the server as such', async () => {
    const store = new RedisStore({ client })
    await client.set('rl:1:sw:{a}', 'not a list')
    const failing = store.consume([charge('a', parseLimit({ rate: '5 per minute', algorithm: 'sliding-window' }))])
    await expect(failing).rejects.toMatchObject({ name: 'StoreError', store: 'redis', code: 'RL_STORE_FAILED' })
    await expect(failing).rejects.toThrow(/WRONGTYPE/)
  })
})

describe('a server that does not decide', () => {
  it.each<[code: string, message: RegExp, begin: () => Promise<unknown>, end: () => Promise<unknown>]>([
    [
      'RL_STORE_FULL',
      /OOM/,
      async () => client.config('SET', 'maxmemory', '1'),
      async () => client.config('SET', 'maxmemory', '0'),
    ],
    [
      'RL_STORE_READONLY',
      /READONLY/,
      async () => client.replicaof(server.host, 1),
      async () => client.replicaof('NO', 'ONE'),
    ],
  ])('is %s', async (code, message, begin, end) => {
    const store = new RedisStore({ client })
    await begin()
    const answers = await Promise.allSettled([store.consume([charge('a')]), store.consume([charge('b')])])
    await end()
    const reason = { name: 'StoreError', code, store: 'redis', cause: { message: expect.stringMatching(message) } }
    expect(answers).toMatchObject([{ reason }, { reason }])
  })

  it('is left for the new master where it has become a replica', async () => {
    const [old, successor] = await Promise.all([startRedis(), startRedis()])
    let master = old
    // As a name that leads to the master of the moment.
    const entrance = createServer((socket) => {
      const upstream = connect(master.port, master.host)
      for (const end of [socket, upstream]) end.on('error', () => {})
      socket.pipe(upstream).pipe(socket)
    })
    await once(entrance.listen(0, '127.0.0.1'), 'listening')
    const { port } = entrance.address() as AddressInfo
    const follower = new Redis({ port, reconnectOnError: ({ message }) => message.includes('READONLY') })
    const store = new RedisStore({ client: follower })
    await store.consume([charge('a')])
    master = successor
    await old.cli('REPLICAOF', successor.host, String(successor.port))
    await expect(store.consume([charge('a')])).rejects.toMatchObject({ code: 'RL_STORE_READONLY' })
    expect(await store.consume([charge('a')])).toMatchObject([{ allowed: true, remaining: 4 }])
    follower.disconnect()
    entrance.close()
    await Promise.all([old.stop(), successor.stop()])
  })

  it.each([new Error('Command timed out'), 'gone'])(
    'is not asked again where it may have decided: %s',
    async (cause) => {
      const store = new RedisStore({ client })
      await store.consume([charge('a')])
      const evalsha: RedisClient['evalsha'] = async (...args) => {
        await client.evalsha(...args)
        throw cause as Error
      }
      const failing = new RedisStore({ client: { ...clusterOfOne(async () => {}), evalsha } }).consume([charge('a')])
      await expect(failing).rejects.toMatchObject({ code: 'RL_STORE_FAILED', cause })
      expect(await store.peek([charge('a', five, 0)])).toMatchObject([{ remaining: 3 }])
    },
  )

  it('is RL_STORE_FAILED where the connection is closed, to all who asked', async () => {
    const closed = new Redis(server.url)
    closed.disconnect()
    const store = new RedisStore({ client: closed })
    const answers = await Promise.allSettled([store.consume([charge('a')]), store.ping(), store.reset('a')])
    const reason = { code: 'RL_STORE_FAILED', cause: { message: 'Connection is closed.' } }
    expect(answers).toMatchObject([{ reason }, { reason }, { reason }])
  })
})

describe('batching', () => {
  it('sends the decisions of one moment in one script call, each answered on its own', async () => {
    const store = new RedisStore({ client })
    await store.peek([charge('warm')])
    await scriptCalls()
    const answers = await Promise.allSettled([
      ...Array.from({ length: 12 }, async () => store.consume([charge('a', parseLimit('10 per minute'))])),
      (async () => store.consume([charge('b', five, Number.NaN)]))(),
      store.peek([charge('c'), charge('d')]),
    ])
    expect(await scriptCalls()).toBe(1)
    const admitted = answers.filter((answer) => answer.status === 'fulfilled' && answer.value[0]!.allowed)
    expect(admitted).toHaveLength(11)
    expect(answers[12]).toMatchObject({ status: 'rejected', reason: { code: 'RL_INVALID_COST' } })
  })

  it('sends many in two script calls, so that both sides have work', async () => {
    const store = new RedisStore({ client })
    await store.peek([charge('warm')])
    await scriptCalls()
    const limit = parseLimit('60 per minute')
    const answers = await Promise.all(Array.from({ length: 64 }, async () => store.consume([charge('a', limit)])))
    expect(await scriptCalls()).toBe(2)
    expect(answers.filter(([verdict]) => verdict!.allowed)).toHaveLength(60)
  })

  it('sends a single decision at once, and gathers what comes while the server is at work', async () => {
    const store = new RedisStore({ client })
    await store.peek([charge('warm')])
    await scriptCalls()
    const tick = async () => new Promise<void>((resolve) => process.nextTick(resolve))
    const askThen = async (...later: (() => Promise<unknown>)[]): Promise<number> => {
      const asked: unknown[] = [store.consume([charge('a')])]
      for (const ask of later) {
        await tick()
        asked.push(ask())
      }
      await Promise.all(asked)
      return scriptCalls()
    }
    const askOne = async () => store.consume([charge('b')])
    expect(await askThen(askOne, askOne)).toBe(2)
    expect(await askThen(async () => Promise.all(Array.from({ length: 64 }, askOne)))).toBe(2)
  })

  it('keeps the order of what is asked', async () => {
    const store = new RedisStore({ client })
    const [spent, , again] = await Promise.all([
      store.consume([charge('a', five, 5)]),
      store.refund([charge('a', five, 2)]),
      store.consume([charge('a', five, 2)]),
    ])
    expect([spent[0]!.allowed, again[0]!.allowed, again[0]!.remaining]).toEqual([true, true, 0])
  })

  it('can be switched off', async () => {
    const store = new RedisStore({ client, batch: false })
    await store.peek([charge('warm')])
    await scriptCalls()
    await Promise.all(Array.from({ length: 8 }, async () => store.consume([charge('a')])))
    expect(await scriptCalls()).toBe(8)
  })

  it('does not let one call grow without bound', async () => {
    const store = new RedisStore({ client })
    await store.peek([charge('warm')])
    await scriptCalls()
    await Promise.all(Array.from({ length: 250 }, async (_, i) => store.consume([charge(`key ${i}`)])))
    expect(await scriptCalls()).toBe(3)
  })
})

describe('the deny cache', () => {
  const clock = { now: 1_700_000_000_000 }
  const storeWith = (options: Partial<RedisStoreOptions> = {}) =>
    new RedisStore({ client, clock: () => clock.now, ...options })
  const GIVING_BACK: [string, (store: RedisStore) => Promise<void>][] = [
    ['a refund', async (store) => store.refund([charge('a')])],
    ['a reset', async (store) => store.reset('a')],
  ]
  const asked = async (act: () => Promise<unknown>): Promise<number> => {
    await scriptCalls()
    await act()
    return scriptCalls()
  }

  it('answers for a key that has nothing left as the server would, for a second or until its wait is over', async () => {
    const store = storeWith()
    await store.consume([charge('a', five, 5)])
    expect(await asked(async () => store.consume([charge('a')]))).toBe(1)
    clock.now += 999
    expect(
      await asked(async () => expect(await store.consume([charge('a')])).toEqual(await store.peek([charge('a')]))),
    ).toBe(0)
    expect(await store.consume([charge('a')])).toEqual(await storeWith({ denyCacheSize: 0 }).consume([charge('a')]))
    clock.now += 1
    expect(await asked(async () => store.consume([charge('a')]))).toBe(1)
    clock.now += 59_000
    expect((await store.consume([charge('a')]))[0]!.allowed).toBe(true)
  })

  it('remembers a denial from the time that it was decided by, though the clock is turned before it is sent', async () => {
    const store = storeWith()
    await store.consume([charge('a', five, 5)])
    const denied = store.consume([charge('a')])
    clock.now += 1000
    await denied
    expect(await asked(async () => store.consume([charge('a')]))).toBe(1)
  })

  it('asks for what might fit: another cost, another limit, several charges', async () => {
    const store = storeWith()
    await store.consume([charge('a', five, 5)])
    await store.consume([charge('a')])
    expect(await asked(async () => store.consume([charge('a', five, 0)]))).toBe(1)
    expect(await asked(async () => store.consume([charge('a', five, 2)]))).toBe(1)
    expect(await asked(async () => store.consume([charge('a', parseLimit('9 per minute'))]))).toBe(1)
    expect(await asked(async () => store.consume([charge('a'), charge('b')]))).toBe(1)
  })

  it('does not remember who has something left: a cheaper charge would fit', async () => {
    const store = storeWith()
    await store.consume([charge('a', five, 4)])
    await store.consume([charge('a', five, 2)])
    expect((await store.consume([charge('a')]))[0]!.allowed).toBe(true)
  })

  it.each(GIVING_BACK)('is told of %s, also one that overtakes a denial on its way', async (_what, giveBack) => {
    const store = storeWith()
    await store.consume([charge('a', five, 5)])
    await store.consume([charge('a')])
    await Promise.all([store.consume([charge('a')]), giveBack(store)])
    expect((await store.consume([charge('a')]))[0]!.allowed).toBe(true)
    await store.consume([charge('a', five, 5)])
    const [denied] = await Promise.all([store.consume([charge('a', five, 5)]), giveBack(store)])
    expect(denied[0]!.allowed).toBe(false)
  })

  it.each(GIVING_BACK)('does not answer for a key while %s is on its way', async (_what, giveBack) => {
    const store = storeWith()
    await store.consume([charge('a', five, 5)])
    await store.consume([charge('a')])
    const [, [verdict]] = await Promise.all([giveBack(store), store.consume([charge('a')])])
    expect(verdict!.allowed).toBe(true)
  })

  it.each(GIVING_BACK)('forgets a denial that has overtaken %s', async (_what, giveBack) => {
    let letGiveBack = (): void => {}
    const mayGiveBack = new Promise<void>((resolve) => {
      letGiveBack = resolve
    })
    const slow = clusterOfOne(async (verb) => (verb === 'refund' ? mayGiveBack : undefined))
    const del = async (key: string) => mayGiveBack.then(async () => client.del(key))
    const store = storeWith({ client: { ...slow, del }, batch: false })
    await store.consume([charge('a', five, 5)])
    const givenBack = giveBack(store)
    expect((await store.consume([charge('a')]))[0]!.allowed).toBe(false)
    letGiveBack()
    await givenBack
    expect((await store.consume([charge('a')]))[0]!.allowed).toBe(true)
  })

  it('notices within a second what another process has given back', async () => {
    const [store, other] = [storeWith(), storeWith()]
    await store.consume([charge('a', five, 5)])
    expect((await store.consume([charge('a')]))[0]!.allowed).toBe(false)
    await other.reset('a')
    clock.now += 1000
    expect((await store.consume([charge('a')]))[0]!.allowed).toBe(true)
  })

  it('is bounded', async () => {
    const store = storeWith({ denyCacheSize: 2 })
    for (const key of ['a', 'b', 'c']) {
      await store.consume([charge(key, five, 5)])
      await store.consume([charge(key)])
    }
    expect(await asked(async () => store.consume([charge('a')]))).toBe(1)
    expect(await asked(async () => store.consume([charge('c')]))).toBe(0)
  })

  it('never tells a wait that is too short on the server’s own clock', async () => {
    const store = new RedisStore({ client })
    const limit = parseLimit('1 per 300 ms')
    await store.consume([charge('a', limit)])
    let denials = 0
    for (;;) {
      const [verdict] = await store.consume([charge('a', limit)])
      if (verdict!.allowed) break
      denials += 1
      // Not a timer, which may come a fraction of a millisecond early.
      const until = performance.now() + verdict!.retryAfterMs
      while (performance.now() < until) await new Promise((resolve) => setImmediate(resolve))
    }
    expect(denials).toBe(1)
  })
})

describe('a cluster', () => {
  it('keeps the limits of one client in one slot, and decides them in one step', async () => {
    const store = new RedisStore({ client: clusterClient, prefix: 'one-slot' })
    // Patient: on a busy machine an answer after the deadline would let requests pass.
    const limiter = new RateLimiter({ store, endpoints: { '/x': '2 per minute' }, timeoutMs: 10_000 })
    const request = { userId: 'u', tier: 'premium', endpoint: '/x' }
    const answers = await Promise.all(Array.from({ length: 20 }, async () => limiter.isAllowed(request)))
    expect(answers.filter(({ allowed }) => allowed)).toHaveLength(2)
    expect(await limiter.peek({ ...request, cost: 0 })).toMatchObject({
      policies: [{ remaining: 298 }, { remaining: 0 }],
    })
  })

  it('charges limits in several slots all or nothing, also at once', async () => {
    const store = new RedisStore({ client: clusterClient, prefix: 'slots' })
    const [narrow, wide] = [parseLimit('50 per minute'), parseLimit('1000 per minute')]
    const charges = [charge('a', wide), charge('b', narrow), charge('c', wide), charge('d', wide)]
    const answers = await Promise.all(Array.from({ length: 200 }, async () => store.consume(charges)))
    expect(answers.filter((verdicts) => verdicts.every(({ allowed }) => allowed))).toHaveLength(50)
    expect((await store.consume(charges)).map(({ allowed }) => allowed)).toEqual([true, false, true, true])
    const left = await store.peek(charges.map((one) => ({ ...one, cost: 0 })))
    expect(left.map(({ remaining }) => remaining)).toEqual([950, 0, 950, 950])
  })

  it('answers in the order of the charges, whatever their slots, and charges all or none', async () => {
    const store = new RedisStore({ client: clusterClient, prefix: 'order' })
    const charges = ['x|a', 'b', 'y|a'].map((key, i) => charge(key, parseLimit(`${3 + i} per minute`)))
    expect(await store.consume(charges)).toMatchObject([
      { limit: 3, remaining: 2 },
      { limit: 4, remaining: 3 },
      { limit: 5, remaining: 4 },
    ])
    const denied = await store.consume([charges[0]!, charges[1]!, { ...charges[2]!, cost: 5 }])
    expect(denied).toMatchObject([
      { allowed: true, remaining: 2 },
      { allowed: true, remaining: 3 },
      { allowed: false, remaining: 4 },
    ])
  })

  it('only looks where it is to look, in several slots too', async () => {
    const verbs = new Set<unknown>()
    const store = new RedisStore({ client: clusterOfOne(async (verb) => verbs.add(verb)) })
    const both = [charge('a', five, 2), charge('b', five, 5)]
    const tooMuch = [charge('a', five, 2), charge('b', five, 6)]
    expect(await store.peek(both)).toMatchObject([{ remaining: 3 }, { remaining: 0 }])
    expect(await store.peek(tooMuch)).toMatchObject([
      { allowed: true, remaining: 5 },
      { allowed: false, remaining: 5, retryAfterMs: Infinity },
    ])
    expect([...verbs]).toEqual(['peek'])
  })

  it('gives back what was charged last where somebody came between', async () => {
    let now = 1_700_000_000_000
    const limit = parseLimit({ rate: '2 per minute', algorithm: 'sliding-window' })
    const other = new RedisStore({ client, clock: () => now })
    const between = clusterOfOne(async (verb) => {
      if (verb === 'consume') await other.consume([charge('b', limit, 2)])
    })
    await other.consume([charge('a', limit)])
    now += 1000
    const store = new RedisStore({ client: between, clock: () => now })
    const verdicts = await store.consume([charge('a', limit), charge('b', limit)])
    expect(verdicts).toMatchObject([
      { allowed: true, remaining: 1, resetAfterMs: 59_000 },
      { allowed: false, remaining: 0 },
    ])
    expect(await other.peek([charge('a', limit)])).toMatchObject([{ allowed: true, remaining: 0 }])
    now += 59_000
    expect(await other.peek([charge('a', limit, 2)])).toMatchObject([{ allowed: true, remaining: 0 }])
  })

  it('gives nothing back to a window that has opened since', async () => {
    let now = 1_700_000_000_000
    const [perSecond, perMinute] = [parseLimit('2 per second'), parseLimit('1 per minute')]
    const other = new RedisStore({ client, clock: () => now })
    const between = clusterOfOne(async (verb, key) => {
      if (verb !== 'consume' || !key.includes('{b}')) return
      await other.consume([charge('b', perMinute)])
      now += 1000
      await other.consume([charge('a', perSecond, 2)])
    })
    const store = new RedisStore({ client: between, clock: () => now })
    const verdicts = await store.consume([charge('a', perSecond), charge('b', perMinute)])
    expect(verdicts).toMatchObject([{ allowed: true, remaining: 0 }, { allowed: false }])
    expect(await other.consume([charge('a', perSecond)])).toMatchObject([{ allowed: false }])
  })

  it('forgets denials that a charge has caused which was given back', async () => {
    const one = parseLimit('1 per minute')
    const other = new RedisStore({ client })
    const between = clusterOfOne(async (verb, key) => {
      if (verb !== 'consume' || !key.includes('{b}')) return
      await other.consume([charge('b', one)])
      expect(await store.consume([charge('a', one)])).toMatchObject([{ allowed: false }])
    })
    const store = new RedisStore({ client: between })
    expect(await store.consume([charge('a', one), charge('b', one)])).toMatchObject([{}, { allowed: false }])
    expect(await store.consume([charge('a', one)])).toMatchObject([{ allowed: true }])
  })

  it('stays with its denial where somebody gives back in between, and spends nothing', async () => {
    const other = new RedisStore({ client })
    const between = clusterOfOne(async (verb) => {
      if (verb === 'consume') await other.reset('b')
    })
    await other.consume([charge('b', five, 4)])
    const verdicts = await new RedisStore({ client: between }).consume([charge('a'), charge('b', five, 2)])
    expect(verdicts).toMatchObject([
      { allowed: true, remaining: 5 },
      { allowed: false, remaining: 1 },
    ])
    expect(await other.peek([charge('a', five, 0), charge('b', five, 0)])).toMatchObject([
      { remaining: 5 },
      { remaining: 5 },
    ])
  })

  it('keeps what a denial has to keep after a clock stepped back', async () => {
    let now = 1_700_000_000_000
    const limit = parseLimit({ rate: '2 per minute', algorithm: 'sliding-window' })
    const store = new RedisStore({ client: clusterOfOne(async () => {}), clock: () => now })
    await store.consume([charge('b', limit, 2)])
    now -= 1000
    expect(await store.consume([charge('a', limit), charge('b', limit)])).toMatchObject([
      { allowed: true },
      { allowed: false, retryAfterMs: 60_000 },
    ])
    now += 60_000
    expect(await store.peek([charge('b', limit, 2)])).toMatchObject([{ allowed: true }])
  })

  it('spends nothing where one slot fails', async () => {
    const broken = clusterOfOne(async (verb, key) => {
      if (verb === 'consume' && key.includes('{b}')) throw new Error('slot b is down')
    })
    const store = new RedisStore({ client: broken })
    await expect(store.consume([charge('a'), charge('b'), charge('c')])).rejects.toMatchObject({
      code: 'RL_STORE_FAILED',
      cause: { message: 'slot b is down' },
    })
    const left = await store.peek(['a', 'b', 'c'].map((key) => charge(key, five, 0)))
    expect(left.map(({ remaining }) => remaining)).toEqual([5, 5, 5])
  })
})

describe('the client', () => {
  it('stays open when the store is closed, which answers nothing more', async () => {
    const store = new RedisStore({ client })
    store.close()
    expect(await client.ping()).toBe('PONG')
    const closed = expect.objectContaining({ code: 'RL_STORE_CLOSED', store: 'redis' }) as Error
    expect(() => store.consume([charge('a')])).toThrow(closed)
    await expect(store.refund([])).rejects.toThrow(closed)
    await expect(store.ping()).rejects.toThrow(closed)
  })
})

describe('a Redis store is not built', () => {
  it.each<[string, object, string]>([
    ['without a client', {}, 'RL_INVALID_OPTION'],
    ['on something that is no client', { client: { get: () => 1 } }, 'RL_INVALID_OPTION'],
    [
      'on a client that cannot be asked how it is',
      { client: { evalsha: () => 1, eval: () => 1, del: () => 1 } },
      'RL_INVALID_OPTION',
    ],
    ['with an unknown option', { client: true, url: 'redis://localhost' }, 'RL_UNKNOWN_OPTION'],
    ['with a prefix that is no string', { prefix: 7 }, 'RL_INVALID_OPTION'],
    ['with a cache of NaN', { denyCacheSize: Number.NaN }, 'RL_INVALID_OPTION'],
    ['with a cache for less than none', { denyCacheSize: -1 }, 'RL_INVALID_OPTION'],
    ['with a batch of text', { batch: 'yes' }, 'RL_INVALID_OPTION'],
    ['with a clock that is none', { clock: 7 }, 'RL_INVALID_OPTION'],
  ])('%s', (_how, options, code) => {
    const all = 'client' in options || Object.keys(options).length === 0 ? options : { client, ...options }
    expect(() => new RedisStore(all as RedisStoreOptions)).toThrow(expect.objectContaining({ code }))
  })
})
