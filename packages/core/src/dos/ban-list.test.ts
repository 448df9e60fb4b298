import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { BanList } from './ban-list.ts'
import type { BanOptions } from './ban-list.ts'
import { NONE } from './record-table.ts'
import { SeededRandom } from './seeded-random.ts'

const RULES = { baseMs: 1000, factor: 2, ceilingMs: 5000, jitter: 0, forgiveMs: 100_000 }
const ROOMY = 100_000
const SMALL = 1000
/** For eight records. */
const SMALLEST = 450

/** A list in which a source is a number. */
function listOf(rules: BanOptions = {}, bytes = ROOMY, seed = 1) {
  const list = new BanList(bytes, { ...RULES, ...rules }, new SeededRandom(seed))
  const find = (source: number) => list.find(source, source, 0, 0)
  return {
    list,
    find,
    restMs: (source: number, now: number) => (find(source) === NONE ? 0 : list.restMs(find(source), now)),
    strikes: (source: number, now: number) => (find(source) === NONE ? 0 : list.strikes(find(source), now)),
    /** How long the ban is. */
    strike: (source: number, now: number) => list.restMs(list.strike(source, source, 0, 0, now), now),
    adopt: (source: number, endsAt: number, clearedAt: number, now: number) =>
      list.adopt(source, source, 0, 0, endsAt, clearedAt, now),
  }
}

describe('a ban', () => {
  it('is longer with each offence, up to the ceiling', () => {
    const { strike } = listOf()
    expect([0, 1, 2, 3, 4].map((now) => strike(7, now))).toEqual([1000, 2000, 4000, 5000, 5000])
  })

  it('ends to the millisecond, and its strike stays', () => {
    const { strike, restMs, strikes } = listOf()
    strike(7, 0)
    expect([0, 999, 1000].map((now) => restMs(7, now))).toEqual([1000, 1, 0])
    expect([0, 1000, 99_999, 100_000].map((now) => strikes(7, now))).toEqual([1, 1, 1, 0])
  })

  it('is lengthened by up to the jitter, and never shortened', () => {
    const bans = Array.from({ length: 1000 }, (_, seed) => listOf({ jitter: 0.5 }, ROOMY, seed + 1).strike(7, 0))
    expect(Math.min(...bans)).toBeGreaterThanOrEqual(1000)
    expect(Math.max(...bans)).toBeLessThanOrEqual(1500)
    expect(new Set(bans).size).toBeGreaterThan(300)
  })

  it('forgets one offence after the other', () => {
    const { strike, strikes } = listOf()
    for (const now of [0, 50_000, 60_000]) strike(7, now)
    expect([99_999, 100_000, 200_000, 299_999, 300_000].map((now) => strikes(7, now))).toEqual([3, 2, 1, 1, 0])
    expect(strike(7, 200_000)).toBe(2000)
    expect(strike(7, 900_000)).toBe(1000)
  })

  it('counts twenty offences, and then no more', () => {
    const { strike, strikes } = listOf({ factor: 1 })
    for (let now = 0; now < 50; now++) strike(7, now)
    expect(strikes(7, 50)).toBe(20)
    expect(strikes(7, 50 + 20 * RULES.forgiveMs)).toBe(0)
  })

  it('lasts no longer than it would have when the clock steps back', () => {
    const { strike, restMs } = listOf()
    strike(7, 1_000_000)
    expect([0, 999, 1000].map((now) => restMs(7, now))).toEqual([1000, 1, 0])
  })
})

describe('what another process knows', () => {
  it('is taken over where it goes further', () => {
    const { adopt, restMs, strikes, strike } = listOf()
    adopt(7, 3000, 150_000, 0)
    expect([restMs(7, 0), strikes(7, 0)]).toEqual([3000, 2])
    adopt(7, 2000, 50_000, 0)
    expect([restMs(7, 0), strikes(7, 0)]).toEqual([3000, 2])
    expect(strike(7, 10)).toBe(4000)
  })

  it('can be offences without a ban', () => {
    const { adopt, restMs, strikes } = listOf()
    adopt(7, 0, 150_000, 0)
    expect([restMs(7, 0), strikes(7, 0)]).toEqual([0, 2])
  })

  it('is bounded, even where it is nonsense', () => {
    const { adopt, strikes } = listOf()
    adopt(7, 0, Infinity, 0)
    expect(strikes(7, 0)).toBe(20)
    expect(strikes(7, 20 * RULES.forgiveMs)).toBe(0)
  })
})

describe('a full ban list', () => {
  it('has as much memory as an empty one', () => {
    const { list, strike } = listOf({}, SMALL)
    const before = list.bytes
    for (let source = 0; source < 1000; source++) strike(source, 0)
    expect(list.bytes).toBe(before)
    expect(list.size).toBe(list.capacity)
  })

  it('gives up who is forgiven first, then who is only remembered, then whose ban ends soonest', () => {
    const { list, strike, find } = listOf({ forgiveMs: 10_000 }, SMALLEST)
    const forgiven = [1, 2]
    const remembered = [3, 4]
    const banned = [5, 6, 7, 8]
    const givenUp = (sources: readonly number[]) => sources.filter((source) => find(source) === NONE)
    for (const source of forgiven) strike(source, 0)
    for (const source of remembered) strike(source, 15_000)
    for (const source of banned) strike(source, 20_000 - source)
    expect(list.size).toBe(list.capacity)
    strike(11, 20_000)
    expect(givenUp([...forgiven, ...remembered, ...banned])).toEqual(forgiven)
    strike(12, 20_000)
    for (const source of [13, 14]) strike(source, 20_000)
    expect(givenUp([...remembered, ...banned])).toEqual(remembered)
    for (const source of [15, 16]) strike(source, 20_000)
    expect(givenUp(banned)).toEqual([7, 8])
  })

  it('gives up who has offended often rather than whose ban is about to end', () => {
    const { list, strike, find } = listOf({ factor: 1 }, SMALLEST)
    for (let now = 0; now < 5; now++) strike(1, now)
    for (let source = 2; source <= list.capacity; source++) strike(source, 1010)
    strike(100, 2009)
    expect(find(1)).toBe(NONE)
  })

  it('never loses the ban that was given just now', () => {
    const property = fc.property(fc.array(fc.nat(60), { maxLength: 300 }), fc.integer(), (sources, seed) => {
      const { strike, restMs } = listOf({ jitter: 1 }, SMALL, seed)
      for (const [now, source] of sources.entries()) {
        strike(source, now)
        expect(restMs(source, now)).toBeGreaterThanOrEqual(1000)
      }
    })
    fc.assert(property)
  })
})

describe('a snapshot', () => {
  it('has all bans that are running', () => {
    const { list, strike } = listOf()
    strike(1, 0)
    strike(2, 500)
    strike(2, 600)
    const snapshot = (now: number) => list.snapshot(now, (width, high, low) => `${high}/${low}/${width}`)
    expect(snapshot(600)).toEqual([
      { scope: '1/0/0', strikes: 1, endsInMs: 400 },
      { scope: '2/0/0', strikes: 2, endsInMs: 2000 },
    ])
    expect(snapshot(1000)).toEqual([{ scope: '2/0/0', strikes: 2, endsInMs: 1600 }])
  })
})
