import { describe, expect, it } from 'vitest'

import type { Receipt, State } from '../algorithms/algorithm.ts'
import { applyAlgorithm } from '../algorithms/apply-algorithm.ts'
import { readClock } from '../clock.ts'
import { parseLimit } from '../limits/parse-limit.ts'
import { applyCharges, refundCharges } from './apply-charges.ts'
import type { Charge } from './store.ts'

const five = parseLimit('5 per minute')
const bucket = parseLimit({ rate: '5 per minute', algorithm: 'token-bucket' })
const fresh = () => undefined

describe.each<[string, (now: number) => unknown]>([
  ['applyAlgorithm', (now) => applyAlgorithm(five, undefined, 1, now)],
  ['applyCharges', (now) => applyCharges([{ key: 'a', limit: five, cost: 1 }], fresh, now)],
  ['refundCharges', (now) => refundCharges([{ key: 'a', limit: five, cost: 1 }], fresh, now)],
])('%s', (_name, decide) => {
  it.each([Number.NaN, undefined, '5', 0.5, Infinity, 2 ** 53 - 1])(
    'refuses the time %s, which would open a limit',
    (now) => {
      expect(() => decide(now as number)).toThrow(expect.objectContaining({ code: 'RL_INVALID_CLOCK' }))
    },
  )
})

describe('applyCharges', () => {
  it('writes what was spent, and until when it matters', () => {
    const { verdicts, writes } = applyCharges([{ key: 'a', limit: five, cost: 2 }], fresh, 1000)
    expect(verdicts).toEqual([
      { allowed: true, limit: 5, remaining: 3, retryAfterMs: 0, resetAfterMs: 60_000, at: 1000 },
    ])
    expect(writes).toEqual([{ index: 0, state: [1000, 60_000, 2], expiresAt: 61_000 }])
  })

  it('spends nothing if one charge is denied, and says what is left of the others', () => {
    const charges = [
      { key: 'a', limit: five, cost: 2 },
      { key: 'b', limit: five, cost: 6 },
      { key: 'a', limit: bucket, cost: 1 },
    ]
    const { verdicts, writes } = applyCharges(charges, fresh, 1000)
    expect(verdicts.map(({ allowed, remaining }) => [allowed, remaining])).toEqual([
      [true, 5],
      [false, 5],
      [true, 5],
    ])
    expect(writes).toEqual([])
  })

  it('adds up what one key is charged in one call', () => {
    const charge = { key: 'a', limit: five, cost: 2 }
    expect(applyCharges([charge, charge], fresh, 0).verdicts.map(({ remaining }) => remaining)).toEqual([3, 1])
    const { verdicts } = applyCharges([charge, charge, charge], fresh, 0)
    expect(verdicts.map(({ allowed, retryAfterMs }) => [allowed, retryAfterMs])).toEqual([
      [true, 0],
      [true, 0],
      [false, Infinity],
    ])
  })

  it('lets a cost of 0 read beside a charge on the same key that does not fit', () => {
    const charges = [6, 0].map((cost) => ({ key: 'a', limit: five, cost }))
    expect(applyCharges(charges, fresh, 0).verdicts.map(({ allowed }) => allowed)).toEqual([false, true])
  })

  it('denies a sum that no number can hold', () => {
    const limit = { algorithm: 'fixed-window', quota: Number.MAX_SAFE_INTEGER, windowMs: 1000 }
    const charges = [Number.MAX_SAFE_INTEGER - 1, 2].map((cost) => ({ key: 'a', limit, cost }))
    expect(applyCharges(charges, fresh, 0).verdicts.map(({ allowed }) => allowed)).toEqual([true, false])
  })

  it.each([
    [null, 'RL_INVALID_KEY'],
    [{ key: 'a', cost: 1 }, 'RL_INVALID_LIMIT'],
    [{ key: 'a', limit: null, cost: 1 }, 'RL_INVALID_LIMIT'],
    [{ key: 7, limit: five, cost: 1 }, 'RL_INVALID_KEY'],
  ])('refuses %j', (charge, code) => {
    expect(() => applyCharges([charge as Charge], fresh, 0)).toThrow(expect.objectContaining({ code }))
  })

  it('leaves other keys, and other algorithms on the same key, out of the sum', () => {
    const charges = [
      { key: 'a', limit: five, cost: 3 },
      { key: 'b', limit: five, cost: 3 },
      { key: 'a', limit: bucket, cost: 3 },
    ]
    expect(applyCharges(charges, fresh, 0).verdicts.map(({ remaining }) => remaining)).toEqual([2, 2, 2])
  })

  it('reads nothing before all charges have been checked', () => {
    const charges = [
      { key: 'a', limit: five, cost: 1 },
      { key: 'a', limit: five, cost: Number.NaN },
    ]
    const read = () => expect.unreachable('a state was read')
    expect(() => applyCharges(charges, read, 0)).toThrow(expect.objectContaining({ code: 'RL_INVALID_COST' }))
  })
})

describe('refundCharges', () => {
  it('gives back, and keeps nothing where nothing is spent any more', () => {
    const charge = { key: 'a', limit: five, cost: 2 }
    expect(refundCharges([charge], () => [1000, 60_000, 3], 1000)).toEqual([
      { index: 0, state: [1000, 60_000, 1], expiresAt: 61_000 },
    ])
    expect(refundCharges([charge], () => [1000, 60_000, 2], 1000)).toEqual([
      { index: 0, state: undefined, expiresAt: 1000 },
    ])
    expect(refundCharges([charge], fresh, 1000)).toEqual([])
    expect(refundCharges([{ ...charge, cost: 0 }], () => [1000, 60_000, 2], 1000)).toEqual([])
  })

  it('takes each counter for itself, and one that is named twice as the first has left it', () => {
    const states: readonly State[] = [
      [0, 60_000, 5],
      [0, 60_000, 4],
      [50_000, 0, 5, 60_000],
      [0, 60_000, 5],
    ]
    const charges = [
      { key: 'a', limit: five, cost: 2 },
      { key: 'b', limit: five, cost: 1 },
      { key: 'a', limit: bucket, cost: 0 },
      { key: 'a', limit: five, cost: 1 },
    ]
    const writes = refundCharges(charges, (_, index) => states[index], 0)
    expect(writes.map(({ index, state }) => [index, state])).toEqual([
      [0, [0, 60_000, 3]],
      [1, [0, 60_000, 3]],
      [3, [0, 60_000, 2]],
    ])
  })

  it.each([60_000, 0])('takes the verdict on a charge for its receipt, also of %d ms', (resetAfterMs) => {
    const charge = { key: 'a', limit: five, cost: 2, receipt: { at: 1000, resetAfterMs } }
    expect(refundCharges([charge], () => [1000, 60_000, 3], 1000)).toMatchObject([{ state: [1000, 60_000, 1] }])
  })

  it.each([
    {},
    null,
    { at: 0, resetAfterMs: -1 },
    { at: 0.5, resetAfterMs: 1 },
    { at: 0, resetAfterMs: Infinity },
    { at: Number.MAX_SAFE_INTEGER, resetAfterMs: 1 },
  ])('refuses the receipt %j', (receipt) => {
    const charge = { key: 'a', limit: five, cost: 1, receipt: receipt as Receipt }
    expect(() => refundCharges([charge], fresh, 0)).toThrow(
      expect.objectContaining({ code: 'RL_INVALID_REQUEST', message: expect.stringContaining('`receipt`') as string }),
    )
  })
})

describe('readClock', () => {
  it('answers whole milliseconds', () => {
    expect(readClock(() => 1000.9)).toBe(1000)
  })

  it.each([Number.NaN, Infinity, -Infinity, 1e300, undefined])('refuses %d', (time) => {
    expect(() => readClock(() => time as number)).toThrow(expect.objectContaining({ code: 'RL_INVALID_CLOCK' }))
  })
})
