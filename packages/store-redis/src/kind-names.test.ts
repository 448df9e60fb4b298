import { expect, it } from 'vitest'

import { KindNames } from './kind-names.ts'

const chargeOf = (quota: number, cost = 1) => ({
  key: 'a',
  limit: { algorithm: 'fixed-window', quota, windowMs: 1000 },
  cost,
})

it('names a decision by all that the script has to know but the keys', () => {
  const names = new KindNames()
  const bucket = { key: 'b', limit: { algorithm: 'token-bucket', quota: 2, windowMs: 60_000, burst: 5 }, cost: 3 }
  for (let i = 0; i < 2; i++) {
    expect(names.nameOf('consume', [chargeOf(7)], undefined)).toBe('consume - 1 fw 7 1000 7 1')
    expect(names.nameOf('peek', [chargeOf(7), bucket], 9)).toBe('peek 9 2 fw 7 1000 7 1 tb 2 60000 5 3')
  }
})

it('tells apart whatever differs in one number', () => {
  const names = new KindNames()
  const base = chargeOf(7)
  const kinds = [
    names.nameOf('consume', [base], undefined),
    names.nameOf('peek', [base], undefined),
    names.nameOf('consume', [base], 1),
    names.nameOf('consume', [base, base], undefined),
    names.nameOf('consume', [chargeOf(8)], undefined),
    names.nameOf('consume', [chargeOf(7, 2)], undefined),
    names.nameOf('consume', [{ ...base, limit: { ...base.limit, windowMs: 1001 } }], undefined),
    names.nameOf('consume', [{ ...base, limit: { ...base.limit, algorithm: 'token-bucket' } }], undefined),
    names.nameOf('consume', [{ ...base, limit: { ...base.limit, algorithm: 'token-bucket', burst: 8 } }], undefined),
  ]
  expect(new Set(kinds).size).toBe(kinds.length)
})

it('sees a limit that its owner has changed', () => {
  const names = new KindNames()
  const charge = chargeOf(7)
  const before = names.nameOf('consume', [charge], undefined)
  charge.limit.quota = 8
  expect(names.nameOf('consume', [charge], undefined)).not.toBe(before)
})

it('names each of many kinds rightly, again and again', () => {
  const names = new KindNames()
  for (let i = 0; i < 200; i++) {
    const quota = 1 + (i % 40)
    expect(names.nameOf('consume', [chargeOf(quota)], undefined)).toBe(`consume - 1 fw ${quota} 1000 ${quota} 1`)
  }
})

it('names the moment of a charge that is given back', () => {
  const names = new KindNames()
  const receiptOf = (at: number) => ({ allowed: true, limit: 7, remaining: 6, retryAfterMs: 0, resetAfterMs: 1000, at })
  const refundOf = (at: number) => names.nameOf('refund', [{ ...chargeOf(7), receipt: receiptOf(at) }], undefined)
  expect([refundOf(5), refundOf(6)]).toEqual(['refund - 1 fw 7 1000 7 1 5 1000', 'refund - 1 fw 7 1000 7 1 6 1000'])
  expect(names.nameOf('refund', [chargeOf(7)], undefined)).toBe('refund - 1 fw 7 1000 7 1 - -')
})
