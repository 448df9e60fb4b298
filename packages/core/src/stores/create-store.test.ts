import { describe, expect, it } from 'vitest'

import type { State } from '../algorithms/algorithm.ts'
import { parseLimit } from '../limits/parse-limit.ts'
import { createStore } from './create-store.ts'
import type { Counter, CounterWrite, Snapshot, StoreBackend } from './store-backend.ts'
import type { Charge } from './store.ts'

const five = parseLimit('5 per minute')
const bucket = parseLimit({ rate: '5 per minute', algorithm: 'token-bucket' })
const one: Charge = { key: 'a', limit: five, cost: 1 }

/** A store of a backend that remembers what it was asked, and answers always the same. */
function storeOf(states: readonly (State | null)[] = [], more: Partial<StoreBackend> = {}) {
  const asked: (readonly Counter[])[] = []
  const writes: CounterWrite[] = []
  const read = (counters: readonly Counter[]): Snapshot => {
    asked.push(counters)
    return { states: counters.map((_, i) => states[i]), now: 1000 }
  }
  const store = createStore({
    name: 'test',
    read,
    update: (counters, decide) => void writes.push(...decide(read(counters)).writes),
    ...more,
  })
  return { store, asked, writes }
}

const namesOf = (counters: readonly Counter[]): string[] => counters.map(({ key, algorithm }) => `${key} ${algorithm}`)

describe('createStore', () => {
  it('asks for each counter once, the keys in order', async () => {
    const { store, asked, writes } = storeOf()
    const keys = ['b', 'a', 'a m', 'a', 'Z', 'b']
    await store.consume(keys.flatMap((key) => [bucket, five].map((limit) => ({ key, limit, cost: 1 }))))
    const inOrder = ['Z', 'a', 'a m', 'b'].flatMap((key) => [`${key} fixed-window`, `${key} token-bucket`])
    expect(asked.map(namesOf)).toEqual([inOrder])
    expect(namesOf(writes).toSorted()).toEqual(inOrder.toSorted())
    expect(writes.find(({ key, algorithm }) => key === 'b' && algorithm === 'fixed-window')?.state).toEqual([
      1000, 60_000, 2,
    ])
  })

  it('writes nothing after a denial, and has nothing to write where everything is given back', async () => {
    const { store, writes } = storeOf([[1000, 60_000, 5]])
    expect(await store.consume([one])).toMatchObject([{ allowed: false, retryAfterMs: 60_000 }])
    expect(writes).toEqual([])
    await store.refund([{ ...one, cost: 5 }])
    expect(writes).toEqual([{ key: 'a', algorithm: 'fixed-window', state: undefined, expiresAt: 1000 }])
  })

  it('resets what is there, and nothing else', async () => {
    const { store, asked, writes } = storeOf([null, [60_000], null, null])
    await store.reset('a')
    expect(asked[0]).toHaveLength(4)
    expect(writes).toEqual([{ ...asked[0]![1], state: undefined, expiresAt: 1000 }])
  })

  it('goes by the clock that it is given, else by that of the backend, else by that of the machine', async () => {
    const [given] = await storeOf([], { clock: () => 5 }).store.consume([one])
    expect(given!.at).toBe(5)
    const [own] = await storeOf().store.consume([one])
    expect(own!.at).toBe(1000)
    const before = Date.now()
    const [machines] = await storeOf([], { read: () => ({ states: [null] }) }).store.peek([one])
    expect(machines!.at).toBeGreaterThanOrEqual(before)
  })

  it.each<[string, unknown]>([
    ['no state for a counter', []],
    ['more states than counters', [null, null]],
    ['nothing at all', undefined],
    ['a state that is empty', [[]]],
    ['a state of another algorithm', [[1000, 60_000, 5, 0]]],
    ['numbers that are not whole', [[1000, 60_000, 0.5]]],
  ])('lets nothing pass where the backend answers %s', async (_what, states) => {
    const { store } = storeOf([], { read: () => ({ states }) as Snapshot })
    await expect(store.peek([one])).rejects.toMatchObject({ code: 'RL_STORE_CORRUPT' })
  })

  it('rejects where the backend fails to close at once', async () => {
    const close = () => {
      throw new Error('still busy')
    }
    await expect(storeOf([], { close }).store.close()).rejects.toMatchObject({
      code: 'RL_STORE_FAILED',
      message: 'The test store failed: still busy',
    })
  })

  it('asks nobody about a charge that is not well formed', async () => {
    const { store, asked } = storeOf()
    for (const verb of ['consume', 'peek', 'refund'] as const) {
      await expect(store[verb]([one, { ...one, cost: -1 }])).rejects.toMatchObject({ code: 'RL_INVALID_COST' })
    }
    expect(asked).toEqual([])
  })

  it('answers as a StoreError what the backend throws, and its own errors as they are', async () => {
    const cause = new Error('ECONNREFUSED')
    const failing = { read: () => Promise.reject(cause), update: () => Promise.reject(cause) }
    const { store } = storeOf([], failing)
    const message = 'The test store failed: ECONNREFUSED'
    for (const call of [store.consume([one]), store.peek([one]), store.refund([one]), store.reset('a'), store.ping()]) {
      await expect(call).rejects.toMatchObject({ code: 'RL_STORE_FAILED', store: 'test', message, cause })
    }
    const { store: timeless } = storeOf([], { clock: () => Number.NaN })
    await expect(timeless.consume([one])).rejects.toMatchObject({ code: 'RL_INVALID_CLOCK' })
  })

  it.each([[['1000', '60000', '5']], [[1000, 60_000, 0.5]], ['text'], [7]])(
    'refuses %j, which is no state',
    async (state) => {
      const { store, writes } = storeOf([state as unknown as State])
      for (const verb of ['consume', 'peek', 'refund'] as const) {
        await expect(store[verb]([one])).rejects.toMatchObject({ code: 'RL_STORE_CORRUPT' })
      }
      expect(writes).toEqual([])
    },
  )

  it('does not take for done what the backend has not asked about', async () => {
    const { store } = storeOf([], { update: () => {} })
    await expect(store.consume([one])).rejects.toMatchObject({ code: 'RL_STORE_FAILED' })
  })

  it('closes the backend once', async () => {
    let closed = 0
    const { store } = storeOf([], { close: () => void (closed += 1) })
    await Promise.all([store.close(), store.close()])
    expect(closed).toBe(1)
    await expect(store.ping()).rejects.toMatchObject({ code: 'RL_STORE_CLOSED', store: 'test' })
  })

  it.each<[Partial<Record<keyof StoreBackend, unknown>> & Record<string, unknown>, string]>([
    [{ name: '' }, '`name`'],
    [{ read: undefined }, '`read`'],
    [{ update: 1 }, '`update`'],
    [{ clock: 1 }, '`clock`'],
    [{ close: 1 }, '`close`'],
    [{ delete: () => {} }, '`delete`'],
  ])('refuses a backend with %j', (wrong, named) => {
    expect(() => storeOf([], wrong as Partial<StoreBackend>)).toThrow(
      expect.objectContaining({ name: 'ConfigError', message: expect.stringContaining(named) as string }),
    )
  })
})
