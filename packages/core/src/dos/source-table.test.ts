import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { SeededRandom } from './seeded-random.ts'
import { SourceTable } from './source-table.ts'
import { widthsFor } from './width.ts'

const WINDOW_MS = 160
const PART_MS = WINDOW_MS / 16
const ROOMY = 100_000
const SINGLE = 0
const NETWORK = 1

/** A table in which one source of a width is a number. */
function tableOf(bytes: number, threshold = 100, seed = 1) {
  const table = new SourceTable(bytes, WINDOW_MS, widthsFor(threshold).all, new SeededRandom(seed))
  const hashOf = (source: number) => Math.imul(source, 0x9e3779b1)
  const count = (source: number, now: number) => table.count(hashOf(source), source, 0, SINGLE, now)
  return {
    table,
    count,
    countMany: (source: number, requests: number, now: number) => {
      for (let i = 1; i < requests; i++) count(source, now)
      return count(source, now)
    },
    takeBack: (source: number, requests: number) => table.takeBack(hashOf(source), source, 0, SINGLE, requests),
    askOnce: (source: number) => table.askOnce(hashOf(source), source, 0, SINGLE),
  }
}

const within = (times: readonly number[], from: number, to: number) => times.filter((t) => t > from && t <= to).length

describe('a count', () => {
  it('is exact until a window after the first request, to the millisecond', () => {
    const { count } = tableOf(ROOMY)
    for (let i = 1; i <= 10; i++) expect(count(7, 1000)).toBe(i)
    expect(count(7, 1000 + WINDOW_MS - 1)).toBe(11)
    expect(count(7, 1000 + WINDOW_MS)).toBe(2)
  })

  it('begins anew, to the millisecond, after a window without a request', () => {
    const { count } = tableOf(ROOMY)
    count(7, 0)
    count(7, 55)
    count(7, 50 + WINDOW_MS)
    expect(count(7, 50 + 2 * WINDOW_MS)).toBe(1)
    expect(count(7, 50 + 3 * WINDOW_MS - 1)).toBe(2)
  })

  it('is at most what came within a window, and at least what came within all of it but a sixteenth', () => {
    const anySteps = fc.array(fc.oneof(fc.nat(3), fc.nat(30), fc.nat(400)), { minLength: 1, maxLength: 200 })
    const property = fc.property(anySteps, (steps) => {
      const { count } = tableOf(ROOMY)
      const times: number[] = []
      let now = 1_700_000_000_123
      for (const step of steps) {
        now += step
        times.push(now)
        const counted = count(7, now)
        expect(counted).toBeLessThanOrEqual(within(times, now - WINDOW_MS, now))
        expect(counted).toBeGreaterThanOrEqual(within(times, now - WINDOW_MS + PART_MS, now))
      }
    })
    fc.assert(property, { numRuns: 2000 })
  })

  it.each([1, 7, 100, 1001])('of a window of %i ms, which sixteen does not always divide, is as exact', (windowMs) => {
    const property = fc.property(fc.array(fc.nat(Math.ceil(windowMs / 5)), { maxLength: 100 }), (steps) => {
      const table = new SourceTable(ROOMY, windowMs, widthsFor(100).all, new SeededRandom(1))
      const times: number[] = []
      let now = 8.64e15 - 1e6
      for (const step of steps) {
        now += step
        times.push(now)
        const counted = table.count(7, 7, 0, 0, now)
        expect(counted).toBeLessThanOrEqual(within(times, now - windowMs, now))
        expect(counted).toBeGreaterThanOrEqual(within(times, Math.ceil(now - (windowMs * 15) / 16), now))
      }
    })
    fc.assert(property)
  })

  it('never exceeds what came within some window, whatever the clock does', () => {
    const anyTimes = fc.array(fc.oneof(fc.nat(3 * WINDOW_MS), fc.integer({ min: -1e6, max: 1e6 })), { maxLength: 60 })
    const property = fc.property(anyTimes, (readings) => {
      const { count } = tableOf(ROOMY)
      for (const [i, now] of readings.entries()) {
        const times = readings.slice(0, i + 1)
        const most = Math.max(...times.map((from) => times.filter((t) => t >= from && t < from + WINDOW_MS).length))
        expect(count(7, now)).toBeLessThanOrEqual(most)
      }
    })
    fc.assert(property, { numRuns: 5000 })
  })

  it('goes on after a small step back of the clock', () => {
    const { count } = tableOf(ROOMY)
    for (let i = 0; i < 5; i++) count(7, 1000 + i * PART_MS)
    expect(count(7, 1000)).toBe(6)
    expect(count(7, 1000 + WINDOW_MS)).toBe(5)
  })

  it('of one source is not that of another, nor of another width', () => {
    const { table } = tableOf(ROOMY)
    table.count(5, 1, 1, SINGLE, 0)
    for (const [high, low, width] of [
      [1, 2, SINGLE],
      [2, 1, SINGLE],
      [1, 1, NETWORK],
    ] as const) {
      expect(table.count(5, high, low, width, 0)).toBe(1)
    }
  })

  it('goes on where sixteen bits end', () => {
    const { count, countMany } = tableOf(ROOMY, 65_534)
    expect(countMany(7, 70_000, 0)).toBe(65_535)
    expect(count(7, PART_MS)).toBe(65_536)
    expect(countMany(7, 70_000, 2 * PART_MS)).toBe(131_071)
    expect(count(7, WINDOW_MS)).toBe(65_537)
  })
})

describe('what is taken back', () => {
  it('is the newest', () => {
    const { count, takeBack } = tableOf(ROOMY)
    for (let i = 0; i < 10; i++) count(7, i * PART_MS)
    takeBack(7, 4)
    expect(count(7, 10 * PART_MS)).toBe(7)
    // Of the six that are left, the first four are over.
    expect(count(7, WINDOW_MS + 3 * PART_MS)).toBe(4)
  })

  it('is all that there is, at most', () => {
    const { count, takeBack } = tableOf(ROOMY)
    count(7, 0)
    takeBack(7, 1000)
    takeBack(8, 1000)
    expect(count(7, 0)).toBe(1)
  })
})

describe('others', () => {
  it('are asked about a source once in a sixteenth of a window', () => {
    const { count, askOnce } = tableOf(ROOMY)
    expect(askOnce(7)).toBe(false)
    count(7, 0)
    expect([askOnce(7), askOnce(7)]).toEqual([true, false])
    count(7, PART_MS - 1)
    expect(askOnce(7)).toBe(false)
    count(7, PART_MS)
    expect([askOnce(7), askOnce(7)]).toEqual([true, false])
    expect(count(7, PART_MS)).toBe(4)
  })
})

describe('a full table', () => {
  const SMALL = 8000

  it('has as much memory as an empty one', () => {
    const { table, count } = tableOf(SMALL)
    const before = table.bytes
    for (let source = 0; source < 10_000; source++) count(source, 0)
    expect(table.bytes).toBe(before)
    expect(table.size).toBe(table.capacity)
  })

  it('gives each new source the place of one that has sent nothing for a window', () => {
    const { table, count } = tableOf(SMALL)
    for (let source = 0; source < table.capacity; source++) count(source, 0)
    for (let source = 0; source < table.capacity; source++) expect(count(1000 + source, WINDOW_MS)).toBe(1)
    expect(table).toMatchObject({ displaced: 0, uncounted: 0 })
  })

  it('has a place for everyone as long as three quarters suffice for those of a window', () => {
    const { table, count } = tableOf(50 * SMALL)
    const perMs = Math.floor((0.75 * table.capacity) / (WINDOW_MS + PART_MS))
    for (let now = 0; now < 50 * WINDOW_MS; now++) {
      for (let i = 0; i < perMs; i++) count(now * perMs + i, now)
    }
    expect(table).toMatchObject({ displaced: 0, uncounted: 0 })
  })

  it('keeps a source that has come to half of its threshold, however many come', () => {
    const { table, count, countMany } = tableOf(SMALL)
    const heavy = [1, 2, 3, 4, 5]
    for (const source of heavy) countMany(source, 50, 0)
    for (let source = 1000; source < 200_000; source++) count(source, 1)
    expect(table.displaced).toBeGreaterThan(1000)
    expect(heavy.map((source) => count(source, 1))).toEqual(heavy.map(() => 51))
  })

  it('displaces nobody for a newcomer where all are heavy', () => {
    const { table, count, countMany } = tableOf(SMALL)
    for (let source = 0; source < table.capacity; source++) countMany(source, 50, 0)
    for (let i = 0; i < 1000; i++) expect(count(-1, 1)).toBe(0)
    expect(table).toMatchObject({ displaced: 0, uncounted: 1000 })
  })

  it('finds a source that sends, in a flood of others that come and go', () => {
    const found = Array.from({ length: 100 }, (_, seed) => {
      const { count } = tableOf(SMALL, 100, seed + 1)
      for (let i = 0; i < 500; i++) {
        for (let other = 0; other < 20; other++) count(1000 + 20 * i + other, 1)
        if (count(7, 1) > 100) return true
      }
      return false
    })
    expect(found.filter(Boolean)).toHaveLength(100)
  })

  it('never counts more than there was', () => {
    const anyStep = fc.record({ source: fc.nat(40), stepMs: fc.oneof(fc.constant(0), fc.nat(20)) })
    const property = fc.property(fc.array(anyStep, { maxLength: 500 }), fc.integer(), (steps, seed) => {
      const { count } = tableOf(1000, 100, seed)
      const times = new Map<number, number[]>()
      let now = 0
      for (const { source, stepMs } of steps) {
        now += stepMs
        const own = times.get(source) ?? []
        times.set(source, own)
        own.push(now)
        expect(count(source, now)).toBeLessThanOrEqual(within(own, now - WINDOW_MS, now))
      }
    })
    fc.assert(property, { numRuns: 500 })
  })
})
