import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { DosGuard } from './dos-guard.ts'

const WINDOW_MS = 160
const PARTS = 16
const THRESHOLD = 3
const NETWORKS = { 'ipv4/24': 5, 'ipv6/56': 4, 'ipv6/48': 6 } as const
const BAN = { baseMs: 100, factor: 2, ceilingMs: 500, jitter: 0, forgiveMs: 2000 }

/** An address, and its source and networks with what each may send, narrow ones first. */
interface Caller {
  readonly address: string
  readonly scopes: readonly (readonly [scope: string, threshold: number])[]
}

const anyIPv4: fc.Arbitrary<Caller> = fc.tuple(fc.nat(1), fc.nat(2)).map(([network, host]) => ({
  address: `10.0.${network}.${host}`,
  scopes: [
    [`10.0.${network}.${host}`, THRESHOLD],
    [`10.0.${network}.0/24`, NETWORKS['ipv4/24']],
  ],
}))

const anyIPv6: fc.Arbitrary<Caller> = fc
  .tuple(fc.constantFrom('a', 'b'), fc.constantFrom(1, 2), fc.nat(2))
  .map(([site, building, room]) => ({
    address: `2001:db8:${site}:${building}0${room}::${room}:7`,
    scopes: [
      [`2001:db8:${site}:${building}0${room}::/64`, THRESHOLD],
      [`2001:db8:${site}:${building}00::/56`, NETWORKS['ipv6/56']],
      [`2001:db8:${site}::/48`, NETWORKS['ipv6/48']],
    ],
  }))

const anyCaller = fc.oneof(anyIPv4, anyIPv6)

/** What `docs/dos-guard.md` says, with a list of times for each source and no care for speed or memory. */
class Model {
  readonly #counts = new Map<string, { begunAt: number; newest: number; times: number[] }>()
  readonly #bans = new Map<string, { endsAt: number; clearedAt: number }>()

  decide(scopes: Caller['scopes'], now: number): string | undefined {
    const banned = scopes.find(([scope]) => now < (this.#bans.get(scope)?.endsAt ?? 0))
    if (banned) return banned[0]
    for (const [i, [scope, threshold]] of scopes.entries()) {
      const requests = this.#count(scope, now)
      if (requests <= threshold) continue
      this.#counts.delete(scope)
      for (const [wider] of scopes.slice(i + 1)) this.#counts.get(wider)?.times.splice(-(requests - 1))
      this.#ban(scope, now)
      return scope
    }
    return undefined
  }

  #count(scope: string, now: number): number {
    const partOf = (time: number) => Math.floor(((time - count.begunAt) * PARTS) / WINDOW_MS)
    let count = this.#counts.get(scope) ?? { begunAt: now, newest: 0, times: [] }
    if (partOf(now) >= count.newest + PARTS) count = { begunAt: now, newest: 0, times: [] }
    count.newest = partOf(now)
    count.times = [...count.times, now].filter((time) => partOf(time) > count.newest - PARTS)
    this.#counts.set(scope, count)
    return count.times.length
  }

  #ban(scope: string, now: number): void {
    const clearedAt = Math.max(now, this.#bans.get(scope)?.clearedAt ?? 0) + BAN.forgiveMs
    const strikes = Math.ceil((clearedAt - now) / BAN.forgiveMs)
    const banMs = Math.min(BAN.ceilingMs, BAN.baseMs * BAN.factor ** (strikes - 1))
    this.#bans.set(scope, { endsAt: now + banMs, clearedAt })
  }
}

const OPTIONS = { threshold: THRESHOLD, windowMs: WINDOW_MS, networks: NETWORKS, ban: BAN, maxBytes: 65_536 }

describe('with room in its table, a guard', () => {
  it('decides each request as documented', () => {
    const anyStep = fc.record({ caller: anyCaller, stepMs: fc.oneof(fc.constant(0), fc.nat(30), fc.nat(300)) })
    const property = fc.property(fc.array(anyStep, { maxLength: 150 }), fc.nat(10_000), (steps, start) => {
      let now = start
      const model = new Model()
      const guard = new DosGuard({ ...OPTIONS, clock: () => now })
      for (const { caller, stepMs } of steps) {
        now += stepMs
        expect(guard.inspect(caller.address).scope).toBe(model.decide(caller.scopes, now))
      }
    })
    fc.assert(property, { numRuns: 3000 })
  })
})

describe('whatever the clock does, a guard', () => {
  it('bans nobody who has not sent more than the threshold within a window', () => {
    const anyStep = fc.record({
      caller: anyCaller,
      stepMs: fc.oneof(fc.constant(0), fc.nat(30), fc.integer({ min: -500, max: 500 })),
    })
    const property = fc.property(fc.array(anyStep, { maxLength: 150 }), (steps) => {
      let now = 100_000
      const sent = new Map<string, number[]>()
      const bans: { scope: string; requests: number }[] = []
      const guard = new DosGuard({ ...OPTIONS, clock: () => now })
      guard.on('ban', (ban) => void bans.push(ban))
      for (const { caller, stepMs } of steps) {
        now += stepMs
        for (const [scope] of caller.scopes) sent.set(scope, [...(sent.get(scope) ?? []), now])
        guard.detectAttack(caller.address)
        for (const { scope, requests } of bans.splice(0)) {
          const times = sent.get(scope)!
          const most = Math.max(...times.map((from) => times.filter((t) => t >= from && t < from + WINDOW_MS).length))
          expect(requests).toBeLessThanOrEqual(most)
        }
      }
    })
    fc.assert(property, { numRuns: 3000 })
  })
})
