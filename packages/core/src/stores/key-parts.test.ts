import { expect, it } from 'vitest'

import { parseLimit } from '../limits/parse-limit.ts'
import { keyPartsOf, splitCharge } from './key-parts.ts'

const limit = parseLimit('5 per minute')
const plain = { key: 'ip|ip:192.0.2.1', limit, cost: 2 }
const split = splitCharge('ip|ip:', '192.0.2.1', limit, 2)

it('makes a charge like any other, which knows the parts of its key', () => {
  expect(structuredClone(split)).toEqual(plain)
  expect(JSON.stringify(split)).toBe(JSON.stringify(plain))
  for (const charge of [split, { ...split, cost: 1 }]) {
    expect(keyPartsOf(charge)).toMatchObject({ head: 'ip|ip:', tail: '192.0.2.1' })
  }
})

it.each([
  ['of another charge', plain],
  ['of a copy with another key', { ...split, key: 'app|192.0.2.1:2' }],
])('takes the key %s for one part', (_what, charge) => {
  expect(keyPartsOf(charge)).toEqual({ head: charge.key, tail: '' })
})
