import fc from 'fast-check'
import { expect, it } from 'vitest'

import { storageKey } from './storage-key.ts'

it('leaves ordinary keys as they are', () => {
  for (const key of ['', 'user:42', 'POST /api|ip:203.0.113.7', '🙂', '__proto__', 'x'.repeat(200)]) {
    expect(storageKey(key)).toBe(key)
  }
})

it('shortens long keys, each to its own', () => {
  const long = 'x'.repeat(1_000_000)
  expect(storageKey(long)).toMatch(/^sha256:[0-9a-f]{64}$/)
  expect(storageKey(`${long}y`)).not.toBe(storageKey(long))
  expect(storageKey(`${long.slice(1)}y`)).not.toBe(storageKey(long))
})

it('cannot be made to answer the key of somebody else', () => {
  const long = storageKey('x'.repeat(500))
  expect(storageKey(long)).not.toBe(long)
})

it('keeps lone surrogates apart, which UTF-8 cannot', () => {
  expect(storageKey('\uD800')).not.toBe(storageKey('\uD801'))
  expect(storageKey('\uD800')).not.toBe(storageKey('\uFFFD'))
})

it('answers different keys for different names, well-formed and short', () => {
  const names = fc.oneof(fc.string({ unit: 'binary', maxLength: 400 }), fc.string({ maxLength: 10 }))
  fc.assert(
    fc.property(names, names, (a, b) => {
      expect(storageKey(a) === storageKey(b)).toBe(a === b)
      expect(storageKey(a).isWellFormed()).toBe(true)
      expect(storageKey(a).length).toBeLessThanOrEqual(200)
    }),
  )
})
