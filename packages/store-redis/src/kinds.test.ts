import { expect, it } from 'vitest'

import { Kinds } from './kinds.ts'

const chargeOf = (quota: number, cost = 1) => ({
  key: 'a',
  limit: { algorithm: 'fixed-window', quota, windowMs: 1000 },
  cost,
})

it('tells the script all that it has to know but the keys', () => {
  const kinds = new Kinds()
  const bucket = { key: 'b', limit: { algorithm: 'token-bucket', quota: 2, windowMs: 60_000, burst: 5 }, cost: 3 }
  for (let i = 0; i < 2; i++) {
    expect(kinds.argumentsFor('consume', [chargeOf(7)], undefined)).toEqual('consume - 1 fw 7 1000 7 1'.split(' '))
    expect(kinds.argumentsFor('peek', [chargeOf(7), bucket], 9)).toEqual(
      'peek 9 2 fw 7 1000 7 1 tb 2 60000 5 3'.split(' '),
    )
  }
})

it('tells apart whatever differs in one number', () => {
  const kinds = new Kinds()
  const base = chargeOf(7)
  const all = [
    kinds.argumentsFor('consume', [base], undefined),
    kinds.argumentsFor('peek', [base], undefined),
    kinds.argumentsFor('consume', [base], 1),
    kinds.argumentsFor('consume', [base, base], undefined),
    kinds.argumentsFor('consume', [chargeOf(8)], undefined),
    kinds.argumentsFor('consume', [chargeOf(7, 2)], undefined),
    kinds.argumentsFor('consume', [{ ...base, limit: { ...base.limit, windowMs: 1001 } }], undefined),
    kinds.argumentsFor('consume', [{ ...base, limit: { ...base.limit, algorithm: 'token-bucket' } }], undefined),
    kinds.argumentsFor(
      'consume',
      [{ ...base, limit: { ...base.limit, algorithm: 'token-bucket', burst: 8 } }],
      undefined,
    ),
  ]
  expect(new Set(all.map(String)).size).toBe(all.length)
})

it('writes a kind once, while few others come', () => {
  const kinds = new Kinds()
  expect(kinds.argumentsFor('consume', [chargeOf(7)], 5)).toBe(kinds.argumentsFor('consume', [chargeOf(7)], 5))
})

it('sees a limit that its owner has changed', () => {
  const kinds = new Kinds()
  const charge = chargeOf(7)
  const before = kinds.argumentsFor('consume', [charge], undefined)
  charge.limit.quota = 8
  expect(kinds.argumentsFor('consume', [charge], undefined)).not.toEqual(before)
})

it('tells each of many kinds rightly, again and again', () => {
  const kinds = new Kinds()
  for (let i = 0; i < 200; i++) {
    const quota = 1 + (i % 40)
    expect(kinds.argumentsFor('consume', [chargeOf(quota)], undefined)).toEqual(
      `consume - 1 fw ${quota} 1000 ${quota} 1`.split(' '),
    )
  }
})

it('tells the moment of a charge that is given back', () => {
  const kinds = new Kinds()
  const receiptOf = (at: number) => ({ allowed: true, limit: 7, remaining: 6, retryAfterMs: 0, resetAfterMs: 1000, at })
  const refundOf = (at: number) => kinds.argumentsFor('refund', [{ ...chargeOf(7), receipt: receiptOf(at) }], undefined)
  expect([refundOf(5), refundOf(6)].map((args) => args.join(' '))).toEqual([
    'refund - 1 fw 7 1000 7 1 5 1000',
    'refund - 1 fw 7 1000 7 1 6 1000',
  ])
  expect(kinds.argumentsFor('refund', [chargeOf(7)], undefined)).toEqual('refund - 1 fw 7 1000 7 1 - -'.split(' '))
})
