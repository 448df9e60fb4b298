import { describe, expect, it } from 'vitest'

import type { Verdict } from '../algorithms/algorithm.ts'
import { StoreError } from '../errors.ts'
import type { MaybePromise } from '../maybe-promise.ts'
import { MapStore } from '../stores/map-store.fixture.ts'
import type { Charge } from '../stores/store.ts'
import { DosGuard } from './dos-guard.ts'
import type { BanEvent } from './dos-guard-events.ts'
import type { DosGuardOptions } from './dos-guard-options.ts'

const ATTACKER = '203.0.113.7'
const OTHERS = Array.from({ length: 300 }, (_, i) => `10.${i >>> 8}.${i & 255}.1`)

/** Lets all go on that waits for nothing but its turn. */
const settled = () => new Promise((resolve) => setImmediate(resolve))

/** Two guards that stand for two processes: they share the store and the time, and nothing else. */
function fleetOn<Kind extends MapStore>(storeAt: (clock: () => number) => Kind, options: DosGuardOptions = {}) {
  const clock = { now: 1_700_000_000_000 }
  const store = storeAt(() => clock.now)
  const errors: unknown[] = []
  const told: BanEvent[] = []
  const join = (): DosGuard => {
    const own = { maxBytes: 65_536, ban: { jitter: 0 }, clock: () => clock.now, store }
    const guard = new DosGuard({ ...own, ...options })
    guard.on('ban', (ban) => void told.push(ban))
    guard.on('storeError', ({ error }) => void errors.push(error))
    return guard
  }
  return { clock, store, errors, told, join, one: join(), other: join() }
}

const fleet = (options: DosGuardOptions = {}) => fleetOn((clock) => new MapStore(clock), options)

function attacks(guard: DosGuard, requests: number, address = ATTACKER): number {
  return Array.from({ length: requests }, () => guard.detectAttack(address)).filter(Boolean).length
}

/** A store whose server is not there. */
class DeadStore extends MapStore {
  override consume(charges: readonly Charge[]): MaybePromise<readonly Verdict[]> {
    void super.consume(charges)
    throw new StoreError('RL_STORE_FAILED', 'map', 'The server is gone')
  }

  override peek(charges: readonly Charge[]): readonly Verdict[] {
    super.peek(charges)
    throw new StoreError('RL_STORE_FAILED', 'map', 'The server is gone')
  }
}

describe('a source that one process has banned', () => {
  it('is banned by another once it has sent that a quarter of the threshold', async () => {
    const { clock, told, one, other } = fleet()
    expect(attacks(one, 101)).toBe(1)
    await settled()
    clock.now += 10_000
    expect(attacks(other, 25)).toBe(0)
    await settled()
    expect(other.inspect(ATTACKER)).toEqual({
      attack: true,
      banned: true,
      banEndsInMs: 50_000,
      strikes: 1,
      scope: ATTACKER,
    })
    expect(told.map(({ scope, requests, banMs, shared }) => ({ scope, requests, banMs, shared }))).toEqual([
      { scope: ATTACKER, requests: 101, banMs: 60_000, shared: false },
      { scope: ATTACKER, requests: 25, banMs: 50_000, shared: true },
    ])
    clock.now += 50_000
    expect(attacks(other, 100)).toBe(0)
  })

  it('is in a network that another knows of as soon as one source in it looks suspicious', async () => {
    const { one, other } = fleet({ networks: { 'ipv4/24': 200 } })
    for (let i = 0; i <= 200; i++) one.detectAttack(`203.0.113.${i % 10}`)
    await settled()
    attacks(other, 25, '203.0.113.99')
    await settled()
    expect(other.inspect('203.0.113.100')).toMatchObject({ attack: true, scope: '203.0.113.0/24' })
  })

  it('is banned longer by another that bans it next', async () => {
    const { clock, told, one, other } = fleet()
    attacks(one, 101)
    await settled()
    clock.now += 60_000
    attacks(other, 25)
    await settled()
    expect(other.inspect(ATTACKER)).toMatchObject({ attack: false, strikes: 1 })
    attacks(other, 75)
    expect(told.map(({ strikes, banMs }) => ({ strikes, banMs }))).toEqual([
      { strikes: 1, banMs: 60_000 },
      { strikes: 2, banMs: 240_000 },
    ])
  })

  it('has offended once where two ban it in the same moment', async () => {
    const { clock, join, one, other, told } = fleet()
    attacks(one, 101)
    attacks(other, 101)
    await settled()
    expect(told.map(({ shared }) => shared)).toEqual([false, false])
    clock.now += 60_000
    const third = join()
    attacks(third, 25)
    await settled()
    expect(third.inspect(ATTACKER)).toMatchObject({ attack: false, strikes: 1 })
  })

  it('is not known to others any more once it is forgiven', async () => {
    const { one, other } = fleet()
    attacks(one, 101)
    await settled()
    one.forgive(ATTACKER)
    await settled()
    attacks(other, 25)
    await settled()
    expect(other.inspect(ATTACKER)).toMatchObject({ attack: false, strikes: 0 })
  })
})

describe('the store', () => {
  it('is not asked about ordinary sources, nor while a request is decided', async () => {
    const { store, one } = fleet()
    for (const address of OTHERS) attacks(one, 24, address)
    await settled()
    expect(store.asked).toEqual([])
    attacks(one, 101)
    expect(store.asked).toEqual([])
    await settled()
    expect(store.asked).toEqual(['peek', 'consume', 'consume'])
  })

  it('is not asked about a source that is banned', async () => {
    const { store, one } = fleet()
    attacks(one, 101)
    await settled()
    store.asked.length = 0
    attacks(one, 1000)
    await settled()
    expect(store.asked).toEqual([])
  })

  it('is asked about a suspicious source once in a sixteenth of a window', async () => {
    const { clock, store, one } = fleet()
    attacks(one, 60)
    clock.now += 3749
    attacks(one, 10)
    await settled()
    expect(store.asked).toEqual(['peek'])
    clock.now += 1
    attacks(one, 10)
    await settled()
    expect(store.asked).toEqual(['peek', 'peek'])
  })

  it('is not asked for more than 256 things at a time', async () => {
    const { store, one } = fleet()
    for (const address of OTHERS) attacks(one, 25, address)
    expect(one.stats().unshared).toBe(OTHERS.length - 256)
    await settled()
    expect(store.asked).toHaveLength(256)
    attacks(one, 25, '192.0.2.1')
    await settled()
    expect(store.asked).toHaveLength(257)
  })

  it('is left alone by a guard in shadow', async () => {
    const { store, one } = fleet({ mode: 'shadow' })
    attacks(one, 1000)
    await settled()
    expect(store.asked).toEqual([])
  })
})

describe('a store that fails', () => {
  it('keeps nobody from being found, and is told of until it is left alone', async () => {
    const { store, errors, one } = fleetOn((clock) => new DeadStore(clock))
    expect(attacks(one, 101)).toBe(1)
    for (const address of OTHERS) {
      expect(attacks(one, 101, address)).toBe(1)
      await settled()
    }
    expect(errors).toHaveLength(5)
    expect(errors[0]).toMatchObject({ code: 'RL_STORE_FAILED' })
    expect(store.asked).toHaveLength(5)
  })

  it('throws nothing, and makes no promise reject, where its answers are nonsense', async () => {
    class Nonsense extends MapStore {
      override consume(): MaybePromise<readonly Verdict[]> {
        return []
      }

      override peek(): readonly Verdict[] {
        return []
      }
    }
    const { errors, one } = fleetOn((clock) => new Nonsense(clock))
    expect(attacks(one, 101)).toBe(1)
    await settled()
    expect(errors).toHaveLength(2)
  })

  it('does so too where its listener throws', async () => {
    const { one } = fleetOn((clock) => new DeadStore(clock))
    one.on('storeError', () => {
      throw new Error('the log is full')
    })
    expect(attacks(one, 101)).toBe(1)
    await settled()
  })

  it('and hangs is told of, and does not stop what comes after', async () => {
    class Hanging extends MapStore {
      override peek(): readonly Verdict[] {
        this.asked.push('peek')
        return new Promise(() => {}) as unknown as readonly Verdict[]
      }
    }
    const { one, store } = fleetOn((clock) => new Hanging(clock))
    const event = new Promise((resolve) => one.on('storeError', resolve))
    attacks(one, 25)
    expect(await event).toMatchObject({ verb: 'peek', error: { code: 'RL_STORE_TIMEOUT' } })
    attacks(one, 76)
    await settled()
    expect(store.asked).toEqual(['peek', 'consume', 'consume'])
  })
})
