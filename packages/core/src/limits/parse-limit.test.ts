import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { ConfigError } from '../errors.ts'
import { checkLimit } from './check-limit.ts'
import type { Limit } from './limit.ts'
import { parseLimit } from './parse-limit.ts'
import type { LimitSpec } from './parse-limit.ts'
import { parseRate, windowText } from './rate.ts'
import type { Rate } from './rate.ts'

function codeOf(act: () => unknown): unknown {
  try {
    act()
  } catch (error) {
    return (error as ConfigError).code
  }
  return 'nothing was thrown'
}

describe('parseRate', () => {
  it.each([
    ['10 per minute', 10, 60_000],
    ['5 per 5 minutes', 5, 300_000],
    ['100/hour', 100, 3_600_000],
    ['1000 per 30 days', 1000, 2_592_000_000],
    ['0 per minute', 0, 60_000],
    ['1 per ms', 1, 1],
    ['7/250 ms', 7, 250],
    ['1 per year', 1, 31_536_000_000],
    ['2 per 2 weeks', 2, 1_209_600_000],
    ['3 per 90 s', 3, 90_000],
  ] as const satisfies [Rate, number, number][])('reads %s', (text, quota, windowMs) => {
    expect(parseRate(text)).toEqual({ quota, windowMs })
  })

  it('does not mind case and spaces', () => {
    expect(parseRate('  10 PER 5Minutes ')).toEqual({ quota: 10, windowMs: 300_000 })
    expect(parseRate('10 / min')).toEqual({ quota: 10, windowMs: 60_000 })
  })

  it('answers unlimited as it is', () => {
    expect(parseRate('unlimited')).toBe('unlimited')
  })

  it.each([
    '',
    '10',
    'per minute',
    '10 per',
    '10 perminute',
    '10 per fortnight',
    '10 per month',
    '-1 per minute',
    '1.5 per minute',
    '1e3 per minute',
    'NaN per minute',
    'Infinity per minute',
    '10 per minute per second',
    '10 per constructor',
    '١٠ per minute',
    `${'9'.repeat(400)} per minute`,
  ])('refuses %j', (text) => {
    expect(codeOf(() => parseRate(text))).toBe('RL_INVALID_RATE')
  })

  it.each([undefined, null, 10, Number.NaN, {}, [], true])('refuses what is no text: %j', (text) => {
    expect(codeOf(() => parseRate(text as string))).toBe('RL_INVALID_RATE')
  })

  it('either reads a rate in whole numbers or refuses it, whatever the text', () => {
    const pieces = fc.constantFrom('0', '10', '5', '-', '.', ' ', 'per', '/', 'minutes', 'ms', 'h', 'unlimited', 'x')
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(pieces).map((parts) => parts.join('')),
        ),
        (text) => {
          try {
            const rate = parseRate(text)
            expect(rate === 'unlimited' || (Number.isInteger(rate.quota) && Number.isInteger(rate.windowMs))).toBe(true)
          } catch (error) {
            expect(error).toBeInstanceOf(ConfigError)
          }
        },
      ),
    )
  })
})

describe('windowText', () => {
  it.each([
    [60_000, 'minute'],
    [300_000, '5 minutes'],
    [86_400_000, 'day'],
    [2_592_000_000, '30 days'],
    [1500, '1500 ms'],
    [1, '1 ms'],
  ])('writes %d as %s, which reads back', (windowMs, text) => {
    expect(windowText(windowMs)).toBe(text)
    expect(parseRate(`1 per ${text}`)).toEqual({ quota: 1, windowMs })
  })
})

describe('parseLimit', () => {
  it('takes fixed-window where no algorithm is named', () => {
    expect(parseLimit('10 per minute')).toStrictEqual({ algorithm: 'fixed-window', quota: 10, windowMs: 60_000 })
  })

  it('reads a bucket with its burst', () => {
    expect(parseLimit({ rate: '10 per minute', algorithm: 'token-bucket', burst: 3 })).toEqual({
      algorithm: 'token-bucket',
      quota: 10,
      windowMs: 60_000,
      burst: 3,
    })
  })

  it('answers unlimited as it is', () => {
    expect(parseLimit('unlimited')).toBe('unlimited')
    expect(parseLimit({ rate: 'unlimited' as Rate })).toBe('unlimited')
  })

  it('gives out a limit that nobody can change', () => {
    expect(Object.isFrozen(parseLimit('10 per minute'))).toBe(true)
  })

  it.each<[string, unknown, string]>([
    ['a window of nothing', '5 per 0 minutes', 'RL_INVALID_LIMIT'],
    ['a window of over a year', '5 per 366 days', 'RL_INVALID_LIMIT'],
    ['a quota past 2^53', '9007199254740993 per day', 'RL_INVALID_LIMIT'],
    ['an unknown algorithm', { rate: '5 per minute', algorithm: 'leaky' }, 'RL_INVALID_LIMIT'],
    [
      'an algorithm that is a member of every object',
      { rate: '5 per minute', algorithm: 'toString' },
      'RL_INVALID_LIMIT',
    ],
    ['a burst without a bucket', { rate: '5 per minute', burst: 3 }, 'RL_INVALID_LIMIT'],
    ['a burst of nothing', { rate: '5 per minute', algorithm: 'token-bucket', burst: 0 }, 'RL_INVALID_LIMIT'],
    ['a burst of -1', { rate: '5 per minute', algorithm: 'token-bucket', burst: -1 }, 'RL_INVALID_LIMIT'],
    ['a burst in text', { rate: '5 per minute', algorithm: 'token-bucket', burst: '3' }, 'RL_INVALID_LIMIT'],
    ['a burst of NaN', { rate: '5 per minute', algorithm: 'token-bucket', burst: Number.NaN }, 'RL_INVALID_LIMIT'],
    ['a bucket past 2^53', { rate: '1000000 per year', algorithm: 'token-bucket' }, 'RL_INVALID_LIMIT'],
    ['two counters past 2^53', { rate: '1000000 per year', algorithm: 'sliding-window-counter' }, 'RL_INVALID_LIMIT'],
    ['an unknown key', { rate: '5 per minute', brust: 3 }, 'RL_UNKNOWN_OPTION'],
    ['no rate', {}, 'RL_INVALID_RATE'],
    ['nothing', undefined, 'RL_INVALID_OPTION'],
    ['a number', 5, 'RL_INVALID_OPTION'],
  ])('refuses %s', (_what, spec, code) => {
    expect(codeOf(() => parseLimit(spec as LimitSpec))).toBe(code)
  })

  it.each<[unknown, string]>([
    [
      '10 a minute',
      'Expected a rate such as `10 per minute`, `5 per 5 minutes`, `100/hour` or `unlimited`, got `10 a minute` (string)',
    ],
    ['5 per 366 days', 'Expected `windowMs` to be a whole number from 1 to 31536000000 (a year), got `31622400000`'],
    [{ rate: '5 per minute', burst: 3 }, 'Expected no `burst` with fixed-window, got `3` (number)'],
    [
      { rate: '5 per minute', algorithm: 'token-bucket', burst: -1 },
      'Expected `burst` to be a positive integer, got `-1` (number)',
    ],
    [
      { rate: '1000000 per year', algorithm: 'token-bucket' },
      'can be counted exactly, got 1000000 units in 31536000000 ms, which takes token-bucket past 2^53',
    ],
    [{ rate: '5 per minute', brust: 3 }, 'a limit'],
  ])('says what it expected, and what it got: %j', (spec, message) => {
    expect(() => parseLimit(spec as LimitSpec)).toThrow(message)
  })
})

describe('checkLimit', () => {
  const good: Limit = { algorithm: 'token-bucket', quota: 5, windowMs: 1000, burst: 3 }
  const bad = [Number.NaN, -1, 1.5, Infinity, '2', null, 2 ** 53, {}, true]

  it.each(['quota', 'windowMs', 'burst'] as const)('refuses a %s that is no whole number', (field) => {
    checkLimit(good)
    for (const value of bad) {
      expect(codeOf(() => checkLimit({ ...good, [field]: value }))).toBe('RL_INVALID_LIMIT')
    }
  })

  it.each<Limit>([
    { algorithm: 'fixed-window', quota: 0, windowMs: 1 },
    { algorithm: 'fixed-window', quota: Number.MAX_SAFE_INTEGER, windowMs: 31_536_000_000 },
    { algorithm: 'token-bucket', quota: 1, windowMs: 1, burst: 1 },
  ])('takes the least and the most: %j', (limit) => {
    expect(() => checkLimit(limit)).not.toThrow()
  })

  it('says what quota it got', () => {
    expect(() => checkLimit({ ...good, quota: -1 })).toThrow(
      'Expected `quota` to be a whole number of at least 0, got `-1` (number)',
    )
  })

  it.each([undefined, null, 5, '5 per minute'])('refuses what is no object: %j', (limit) => {
    expect(() => checkLimit(limit as unknown as Limit)).toThrow('Expected `limit` to be an object')
  })
})
