import fc from 'fast-check'
import { parseDictionary, parseItem, parseList } from 'structured-headers'
import type { ByteSequence } from 'structured-headers'
import { describe, expect, it } from 'vitest'

import type { PolicyResult, RateLimitResult } from '../limiter/result.ts'
import { listedResult } from '../limiter/result.ts'
import { RateLimiter } from '../limiter/rate-limiter.ts'
import { MapStore } from '../stores/map-store.fixture.ts'
import { checkHeaderFormats, rateLimitHeaders } from './rate-limit-headers.ts'
import type { HeaderFormat } from './rate-limit-headers.ts'

function resultWith(...given: Partial<PolicyResult>[]): RateLimitResult {
  const policies = given.map((policy): PolicyResult => {
    const { quota = 100, windowMs = 60_000 } = policy
    const verdict = { allowed: true, limit: quota, remaining: 0, retryAfterMs: 0, resetAfterMs: windowMs }
    return { name: 'default', kind: 'ip', quota, windowMs, ...verdict, ...policy }
  })
  const denying = policies.filter(({ allowed }) => !allowed)
  return {
    ...listedResult('allow'),
    allowed: denying.length === 0,
    retryAfterMs: Math.max(0, ...denying.map(({ retryAfterMs }) => retryAfterMs)),
    policies,
  }
}

function fieldsOf(format: HeaderFormat, ...policies: Partial<PolicyResult>[]) {
  return rateLimitHeaders(resultWith(...policies), { formats: [format] })
}

describe('the examples of', () => {
  it('the legacy form', () => {
    expect(fieldsOf('legacy', { quota: 100, remaining: 50, resetAfterMs: 29_001 })).toEqual({
      'x-ratelimit-limit': '100',
      'x-ratelimit-remaining': '50',
      'x-ratelimit-reset': '30',
    })
  })

  it('revision 6 are written as there', () => {
    const hour = { quota: 1000, windowMs: 3_600_000, remaining: 1000, resetAfterMs: 0 }
    const day = { quota: 5000, windowMs: 86_400_000, remaining: 100, resetAfterMs: 36_000_000 }
    expect(fieldsOf('draft-6', hour, day)).toEqual({
      'ratelimit-limit': '5000',
      'ratelimit-policy': '1000;w=3600, 5000;w=86400',
      'ratelimit-remaining': '100',
      'ratelimit-reset': '36000',
    })
  })

  it('revision 7 are written as there', () => {
    expect(fieldsOf('draft-7', { quota: 100, remaining: 50, resetAfterMs: 5000 })).toEqual({
      'ratelimit-policy': '100;w=60',
      ratelimit: 'limit=100, remaining=50, reset=5',
    })
  })

  it.each<[string, Partial<PolicyResult>[]]>([
    ['"default";q=100;w=10', [{ windowMs: 10_000 }]],
    [
      '"burst";q=100;w=60, "daily";q=1000;w=86400',
      [{ name: 'burst' }, { name: 'daily', quota: 1000, windowMs: 86_400_000 }],
    ],
    [
      '"permin";q=50;w=60, "perhr";q=1000;w=3600',
      [
        { name: 'permin', quota: 50 },
        { name: 'perhr', quota: 1000, windowMs: 3_600_000 },
      ],
    ],
    ['"peruser";q=100;w=60;pk=:cHsdsRa894==:', [{ name: 'peruser', partitionKey: 'cHsdsRa894==' }]],
    [
      '"peruser";q=65535;qu="content-bytes";w=10;pk=:sdfjLJUOUH==:',
      [{ name: 'peruser', quota: 65_535, unit: 'content-bytes', windowMs: 10_000, partitionKey: 'sdfjLJUOUH==' }],
    ],
  ])('revision 11 are written as there: RateLimit-Policy: %s', (field, policies) => {
    expect(fieldsOf('draft-11', ...policies)['ratelimit-policy']).toBe(field)
  })

  it.each<[string, Partial<PolicyResult>]>([
    ['"default";r=50;t=30', { remaining: 50, resetAfterMs: 30_000 }],
    ['"default";r=0;t=5', { remaining: 0, allowed: false, retryAfterMs: 5000 }],
    ['"default";r=300000000;t=60;pk=:QXBwLTk5OQ==:', { remaining: 300_000_000, partitionKey: 'QXBwLTk5OQ==' }],
  ])('revision 11 are written as there: RateLimit: %s', (field, policy) => {
    expect(fieldsOf('draft-11', policy)['ratelimit']).toBe(field)
  })
})

describe('five windows of one rule', () => {
  it('are listed in order, with exact numbers, and the tightest in the legacy fields', async () => {
    let now = 0
    const limiter = new RateLimiter({
      store: new MapStore(() => now),
      ip: ['5 per second', '9 per 10 seconds', '30 per minute', '100 per hour', '200 per day'],
    })
    await limiter.isAllowed({ ip: '203.0.113.7', cost: 3 })
    now = 500
    expect(rateLimitHeaders(await limiter.isAllowed({ ip: '203.0.113.7' }))).toEqual({
      'x-ratelimit-limit': '5',
      'x-ratelimit-remaining': '1',
      'x-ratelimit-reset': '1',
      'ratelimit-policy':
        '"ip per second";q=5;w=1, "ip per 10 seconds";q=9;w=10, "ip per minute";q=30;w=60, ' +
        '"ip per hour";q=100;w=3600, "ip per day";q=200;w=86400',
      ratelimit:
        '"ip per second";r=1;t=1, "ip per 10 seconds";r=5;t=10, "ip per minute";r=26;t=60, ' +
        '"ip per hour";r=96;t=3600, "ip per day";r=196;t=86400',
    })
  })
})

describe('retry-after', () => {
  it('is never earlier than what a limit that denies says, and there only where waiting helps', () => {
    const anyDenied = fc.record({
      retryAfterMs: fc.oneof(fc.integer({ min: 1, max: 10 ** 9 }), fc.constant(Infinity)),
      resetAfterMs: fc.integer({ min: 1, max: 10 ** 9 }),
      allowed: fc.boolean(),
    })
    fc.assert(
      fc.property(fc.array(anyDenied, { minLength: 1 }), fc.nat(5000), (policies, retryJitterMs) => {
        const result = resultWith(
          ...policies.map((policy) => ({ ...policy, ...(policy.allowed && { retryAfterMs: 0 }) })),
        )
        const fields = rateLimitHeaders(result, { formats: ['draft-11'], retryJitterMs })
        const retryAfter = fields['retry-after']
        expect(retryAfter !== undefined).toBe(!result.allowed && Number.isFinite(result.retryAfterMs))
        if (retryAfter === undefined) return
        const told = parseList(fields['ratelimit']!).map(([, parameters]) => parameters.get('t') as number)
        const violated = told.filter((_t, i) => !policies[i]!.allowed)
        expect(Number(retryAfter)).toBeGreaterThanOrEqual(Math.max(...violated))
        expect(Number(retryAfter)).toBeLessThanOrEqual(Math.ceil((result.retryAfterMs + retryJitterMs) / 1000))
      }),
    )
  })
})

describe('every field', () => {
  it('can be parsed strictly, and says what was meant, whatever the names and the numbers', () => {
    const anyCount = fc.oneof(fc.nat(), fc.maxSafeNat())
    const anyName = fc.string({
      unit: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)),
      minLength: 1,
    })
    const anyPolicy = fc.record({
      name: anyName,
      unit: anyName,
      quota: anyCount,
      remaining: anyCount,
      windowMs: fc.integer({ min: 1, max: 31_536_000_000 }),
      resetAfterMs: fc.nat(2 ** 31 - 1),
      partitionKey: fc
        .uint8Array({ minLength: 1, maxLength: 16 })
        .map((bytes) => Buffer.from(bytes).toString('base64')),
    })
    const most = 999_999_999_999_999
    fc.assert(
      fc.property(fc.array(anyPolicy, { minLength: 1, maxLength: 3 }), (policies) => {
        const result = resultWith(...policies)
        const fields = rateLimitHeaders(result, { formats: ['draft-11'] })
        const [limits, states] = [parseList(fields['ratelimit-policy']!), parseList(fields['ratelimit']!)]
        expect(
          limits.map(([name, parameters]) => [name, parameters.get('q'), parameters.get('w'), parameters.get('qu')]),
        ).toEqual(
          policies.map(({ name, quota, windowMs, unit }) => [
            name,
            Math.min(quota, most),
            Math.ceil(windowMs / 1000),
            unit,
          ]),
        )
        expect(states.map(([name, parameters]) => [name, parameters.get('r'), parameters.get('t')])).toEqual(
          policies.map(({ name, remaining, resetAfterMs }) => [
            name,
            Math.min(remaining, most),
            Math.ceil(resetAfterMs / 1000),
          ]),
        )
        const keys = [...limits, ...states].map(([, parameters]) => (parameters.get('pk') as ByteSequence).toBase64())
        expect(keys).toEqual([...policies, ...policies].map(({ partitionKey }) => partitionKey))
        const older = rateLimitHeaders(result, { formats: ['draft-6', 'draft-7'] })
        parseList(older['ratelimit-policy']!)
        parseDictionary(older['ratelimit']!)
        for (const name of ['limit', 'remaining', 'reset']) parseItem(older[`ratelimit-${name}`]!)
      }),
      { numRuns: 100_000 },
    )
  }, 120_000)
})

describe('options', () => {
  it.each<[string, unknown, string]>([
    ['that are misspelt', { format: ['legacy'] }, 'RL_UNKNOWN_OPTION'],
    ['of a form that does not exist', { formats: ['draft-8'] }, 'RL_INVALID_OPTION'],
    ['of a jitter that is no number', { retryJitterMs: Number.NaN }, 'RL_INVALID_OPTION'],
    ['of a family that does not exist', { prefer: 'tier' }, 'RL_INVALID_OPTION'],
  ])('%s are refused', async (_what, options, code) => {
    const limiter = new RateLimiter({ store: new MapStore(), ip: '0 per minute' })
    const result = await limiter.isAllowed({ ip: '203.0.113.7' })
    expect(() => rateLimitHeaders(result, options as object)).toThrow(expect.objectContaining({ code }))
  })
})

describe('the forms of header fields', () => {
  it('can be several, and none', () => {
    const result = resultWith({ remaining: 1 })
    expect(Object.keys(rateLimitHeaders(result, { formats: ['legacy', 'draft-6', 'draft-7'] }))).toHaveLength(8)
    expect(rateLimitHeaders(resultWith({ allowed: false, retryAfterMs: 1000 }), { formats: [] })).toEqual({})
  })

  it.each([
    [['draft-8']],
    [['legacy', 'legacy']],
    [['draft-6', 'draft-11']],
    [['draft-11', 'draft-7']],
    ['legacy'],
    [[undefined]],
    [null],
  ])('cannot be %j', (formats) => {
    expect(() => checkHeaderFormats(formats as HeaderFormat[])).toThrow(
      expect.objectContaining({ code: 'RL_INVALID_OPTION' }),
    )
  })
})
