import { algorithms, applyCharges, refundCharges } from '@rl/core'
import type { AlgorithmName, Charge, Decision, Limit, State, Verdict } from '@rl/core'
import { startRedis } from '@rl/test-servers'
import type { RedisServer } from '@rl/test-servers'
import fc from 'fast-check'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { RedisStore } from './redis-store.ts'

/** A clock that is an argument may stand anywhere, also before 1970. */
const STARTS = [1_700_000_000_000, -86_400_000] as const
const TAGS: Readonly<Record<AlgorithmName, string>> = {
  'fixed-window': 'fw',
  'sliding-window': 'sw',
  'sliding-window-counter': 'sc',
  'token-bucket': 'tb',
}

let server: RedisServer
let client: Redis

beforeAll(async () => {
  server = await startRedis()
  client = new Redis(server.url)
})

afterAll(async () => {
  client.disconnect()
  await server.stop()
})

/** What Redis keeps, as the TypeScript twin would: the two must never differ, to the unit. */
async function storedState(algorithm: AlgorithmName, key: string): Promise<State | undefined> {
  const name = `rl:1:${TAGS[algorithm]}:{${key}}`
  if (algorithm !== 'sliding-window') {
    const state = await client.eval(
      `local state = redis.call('GET', KEYS[1])
      if not state then return false end
      local numbers = { struct.unpack('<' .. string.rep('d', #state / 8), state) }
      numbers[#numbers] = nil -- where they end
      for i = 1, #numbers do numbers[i] = string.format('%.0f', numbers[i]) end
      return numbers`,
      1,
      name,
    )
    if (state === null) return undefined
    const numbers = (state as string[]).map(Number)
    if (algorithm === 'token-bucket') expect(numbers.pop()).toBeGreaterThan(algorithms[algorithm].expiresAt(numbers))
    return numbers
  }
  const script = `local log = redis.call('LRANGE', KEYS[1], 0, -1)
    for i = 1, #log do log[i] = cjson.encode({ cmsgpack.unpack(log[i]) }) end
    return log`
  const [head, ...charges] = ((await client.eval(script, 1, name)) as string[]).map(
    (text) => JSON.parse(text) as number[],
  )
  if (head === undefined) return undefined
  const [windowMs, total] = head
  expect(charges.reduce((sum, [, cost]) => sum + cost!, 0)).toBe(total)
  return [windowMs!, ...charges.flat()]
}

const windows = fc.oneof(fc.integer({ min: 1, max: 20 }), fc.constantFrom(1000, 60_000, 31_536_000_000))

function limitsOf(algorithm: AlgorithmName): fc.Arbitrary<Limit> {
  const base = { algorithm: fc.constant(algorithm), quota: fc.integer({ min: 0, max: 12 }), windowMs: windows }
  return algorithm === 'token-bucket'
    ? fc.record(
        { ...base, burst: fc.integer({ min: 1, max: 30 }) },
        { requiredKeys: ['algorithm', 'quota', 'windowMs'] },
      )
    : fc.record(base)
}

/**
 * Histories in which everything happens: limits take turns, the edges of their windows are met, the clock steps back,
 * several charges meet in one call, and what is given back was charged at some step before.
 */
const histories = (algorithm: AlgorithmName) =>
  fc.array(limitsOf(algorithm), { minLength: 1, maxLength: 3 }).chain((limits) => {
    const edges = limits.flatMap(({ windowMs }) => [windowMs - 1, windowMs, windowMs + 1])
    return fc.array(
      fc.record({
        verb: fc.constantFrom('consume', 'consume', 'consume', 'peek', 'refund'),
        wait: fc.oneof(
          fc.constantFrom(0, 0, 1, 1, 2, 5, -1, -5000, ...edges),
          fc.integer({ min: -100, max: 120_000 }),
          fc.constantFrom('retryAfterMs', 'resetAfterMs'),
        ),
        charges: fc.array(
          fc.record({
            key: fc.constantFrom('a', 'a', 'b'),
            limit: fc.constantFrom(...limits),
            cost: fc.integer({ min: 0, max: 5 }),
            stepsAgo: fc.option(fc.nat(4), { nil: undefined }),
            resetAfterMs: windows,
          }),
          { minLength: 1, maxLength: 3 },
        ),
      }),
      { maxLength: 25 },
    )
  })

/** Histories in which a log grows to many charges, of which many are forgotten at once, or have to be to make room. */
const longHistories = fc.array(
  fc.record({
    verb: fc.constantFrom('consume', 'consume', 'consume', 'consume', 'peek', 'refund'),
    wait: fc.oneof(
      { weight: 15, arbitrary: fc.integer({ min: 0, max: 9 }) },
      fc.constantFrom(50, 100, 150, 199, 200, 201, -30),
    ),
    charges: fc.array(
      fc.record({
        key: fc.constant('a'),
        limit: fc.constantFrom(
          ...[200, 200, 150].map((windowMs): Limit => ({ algorithm: 'sliding-window', quota: 50, windowMs })),
        ),
        cost: fc.oneof({ weight: 15, arbitrary: fc.constantFrom(1, 1, 1, 2) }, fc.integer({ min: 10, max: 50 })),
        stepsAgo: fc.option(fc.nat(30), { nil: undefined }),
        resetAfterMs: fc.constant(200),
      }),
      { minLength: 1, maxLength: 1 },
    ),
  }),
  { minLength: 60, maxLength: 120 },
)

type History = ReturnType<typeof histories> extends fc.Arbitrary<infer T> ? T : never

async function expectSame(algorithm: AlgorithmName, history: History, start: number = STARTS[0]): Promise<void> {
  await client.flushall()
  let now = start
  const times: number[] = []
  const store = new RedisStore({ client, clock: () => now })
  const states = new Map<string, State>()
  const read = ({ key }: Charge) => states.get(key)
  let last: Verdict | undefined
  for (const { verb, wait, charges: drawn } of history) {
    const waitMs = typeof wait === 'number' ? wait : (last?.[wait] ?? 0)
    times.push((now += Number.isFinite(waitMs) ? waitMs : 0))
    const charges = drawn.map(({ stepsAgo, resetAfterMs, ...charge }): Charge => {
      if (verb !== 'refund' || stepsAgo === undefined) return charge
      return { ...charge, receipt: { at: times.at(-1 - stepsAgo) ?? now, resetAfterMs } }
    })
    const decision: Partial<Decision> & Pick<Decision, 'writes'> =
      verb === 'refund' ? { writes: refundCharges(charges, read, now) } : applyCharges(charges, read, now)
    const verdicts = await store[verb as 'consume'](charges)
    expect(verdicts).toEqual(decision.verdicts)
    last = decision.verdicts?.[0]
    if (verb === 'peek') continue
    for (const { index, state } of decision.writes) {
      if (state) states.set(charges[index]!.key, state)
      else states.delete(charges[index]!.key)
    }
    for (const key of ['a', 'b']) {
      const state = states.get(key)
      expect(await storedState(algorithm, key)).toEqual(state)
      if (!state) continue
      const ttlMs = await client.pttl(`rl:1:${TAGS[algorithm]}:{${key}}`)
      expect(ttlMs).toBeGreaterThanOrEqual(Math.max(0, algorithms[algorithm].expiresAt(state) - now))
    }
  }
}

describe.each(Object.keys(algorithms) as AlgorithmName[])('%s.lua', (algorithm) => {
  it('decides and keeps what its TypeScript twin does', async () => {
    await fc.assert(
      fc.asyncProperty(histories(algorithm), fc.constantFrom(...STARTS), (history, start) =>
        expectSame(algorithm, history, start),
      ),
      { numRuns: 200 },
    )
  })
})

describe('sliding-window.lua', () => {
  it('does so too where it remembers many charges', async () => {
    await fc.assert(
      fc.asyncProperty(longHistories, (history) => expectSame('sliding-window', history)),
      { numRuns: 20 },
    )
  })
})

/** Decisions of one moment, of several kinds, which travel together. */
const moments = fc.array(
  fc.record({
    wait: fc.constantFrom(0, 1, 500, 999, 1000, 1001, -1),
    decisions: fc.array(
      fc.record({
        verb: fc.constantFrom('consume', 'consume', 'consume', 'peek', 'refund'),
        charges: fc.array(
          fc.record({
            key: fc.constantFrom('a', 'b', 'c', 'd'),
            limit: fc
              .record({
                algorithm: fc.constantFrom(...(Object.keys(algorithms) as AlgorithmName[])),
                quota: fc.constantFrom(3, 20),
              })
              .map((limit): Limit => ({ ...limit, windowMs: 1000 })),
            cost: fc.constantFrom(0, 1, 1, 1, 2, 4),
          }),
          { minLength: 1, maxLength: 3 },
        ),
      }),
      { minLength: 1, maxLength: 12 },
    ),
  }),
  { maxLength: 6 },
)

describe('decisions that travel together', () => {
  it('are made as one after the other would be', async () => {
    await fc.assert(
      fc.asyncProperty(moments, async (history) => {
        await client.flushall()
        let now: number = STARTS[0]
        const store = new RedisStore({ client, clock: () => now, denyCacheSize: 0 })
        const states = new Map<string, State>()
        const nameOf = ({ key, limit }: Charge): string => `${limit.algorithm} ${key}`
        const read = (charge: Charge): State | undefined => states.get(nameOf(charge))
        for (const { wait, decisions } of history) {
          now += wait
          const expected = decisions.map(({ verb, charges }) => {
            const { writes, verdicts }: Partial<Decision> & Pick<Decision, 'writes'> =
              verb === 'refund' ? { writes: refundCharges(charges, read, now) } : applyCharges(charges, read, now)
            for (const { index, state } of verb === 'peek' ? [] : writes) {
              if (state) states.set(nameOf(charges[index]!), state)
              else states.delete(nameOf(charges[index]!))
            }
            return verdicts
          })
          const asked = decisions.map(async ({ verb, charges }) => store[verb as 'consume'](charges))
          expect(await Promise.all(asked)).toEqual(expected)
        }
      }),
      { numRuns: 200 },
    )
  })
})

/** What random histories hardly meet. */
describe('a history', () => {
  const ask = (
    wait: History[number]['wait'],
    limit: Limit,
    cost: number,
    verb: History[number]['verb'] = 'consume',
  ): History[number] => ({
    verb,
    wait,
    charges: [{ key: 'a', limit, cost, stepsAgo: undefined, resetAfterMs: limit.windowMs }],
  })
  const limitOf = (algorithm: AlgorithmName) => (quota: number, windowMs: number) => ({ algorithm, quota, windowMs })
  const fixed = limitOf('fixed-window')
  const sliding = limitOf('sliding-window')
  const counter = limitOf('sliding-window-counter')
  const bucket = limitOf('token-bucket')
  const YEAR_MS = 31_536_000_000
  const most = Math.floor(Number.MAX_SAFE_INTEGER / YEAR_MS)

  it.each<[string, AlgorithmName, History]>([
    [
      'with a window that has become shorter, and is over at this very moment',
      'fixed-window',
      [ask(0, fixed(5, 1000), 1), ask(500, fixed(5, 500), 1), ask(1, fixed(5, 500), 0)],
    ],
    [
      'with a wait that ends a millisecond before the window does',
      'sliding-window-counter',
      [ask(0, counter(10, 10), 10), ask(10, counter(10, 10), 9), ask('retryAfterMs', counter(10, 10), 9)],
    ],
    [
      'with as many units as can be counted, and a clock that steps back',
      'sliding-window-counter',
      [
        ask(0, counter(most, YEAR_MS), most),
        ask(1.5 * YEAR_MS, counter(most, YEAR_MS), most / 2),
        ask(-0.5 * YEAR_MS - 1, counter(most, YEAR_MS), 1),
        ask('retryAfterMs', counter(most, YEAR_MS), 1),
      ],
    ],
    [
      'with a refund that leaves only what the window before has spent',
      'sliding-window-counter',
      [
        ask(0, counter(5, YEAR_MS), 1),
        ask(YEAR_MS, counter(5, YEAR_MS), 1),
        ask(0, counter(5, YEAR_MS), 1, 'refund'),
        ask(0, counter(5, YEAR_MS), 1),
      ],
    ],
    [
      'with two charges of one key in the window after one in which all has been given back',
      'sliding-window-counter',
      [
        ask(0, counter(5, 1000), 1),
        ask(1000, counter(5, 1000), 1),
        ask(0, counter(5, 1000), 1, 'refund'),
        {
          ...ask(1500, counter(5, 1000), 1),
          charges: ask(0, counter(5, 1000), 1).charges.flatMap((one) => [one, one]),
        },
      ],
    ],
    [
      'with a clock that steps back before a bucket is used up',
      'token-bucket',
      [
        ask(0, bucket(100, 3_600_000), 1),
        ask(-3_600_000, bucket(100, 3_600_000), 98),
        ask(1, bucket(100, 3_600_000), 1),
      ],
    ],
    [
      'with a quota that has become less than what is spent',
      'fixed-window',
      [ask(0, fixed(5, 1000), 5), ask(0, fixed(3, 1000), 1)],
    ],
    [
      'with a quota that has become less than what is spent',
      'sliding-window-counter',
      [ask(0, counter(5, 1000), 5), ask(0, counter(3, 1000), 1)],
    ],
    [
      'with a burst that has become less than what is missing',
      'token-bucket',
      [ask(0, bucket(5, 1000), 5), ask(0, { ...bucket(5, 1000), burst: 2 }, 1)],
    ],
    [
      'with a charge of all that a bucket can hold, and does not',
      'token-bucket',
      [ask(0, bucket(5, 1000), 1), ask(0, bucket(5, 1000), 5)],
    ],
    [
      'with a refund that leaves nothing to remember',
      'token-bucket',
      [ask(0, bucket(5, 1000), 2), ask(0, bucket(5, 1000), 2, 'refund'), ask(1, bucket(5, 1000), 1)],
    ],
    [
      'with a refund of more than the oldest charge',
      'sliding-window',
      [ask(0, sliding(5, 200), 1), ask(10, sliding(5, 200), 3), ask(0, sliding(5, 200), 2, 'refund')],
    ],
    [
      'with a look that has denied, before a clock that has stepped back',
      'sliding-window',
      [
        ask(0, sliding(2, 200), 2),
        ask(-30, sliding(2, 200), 1, 'peek'),
        ask(0, sliding(2, 200), 1),
        ask('retryAfterMs', sliding(2, 200), 1),
      ],
    ],
    [
      'with a long log that is read on, and once more where its window becomes shorter',
      'sliding-window',
      [
        ...Array.from({ length: 40 }, () => ask(2, sliding(100, 200), 1)),
        ask(130, sliding(100, 150), 1),
        ask(0, sliding(100, 150), 0),
      ],
    ],
  ])('%s (%s.lua)', async (_what, algorithm, history) => expectSame(algorithm, history))
})
