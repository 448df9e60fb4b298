import { LRUCache } from 'lru-cache'

import { ConfigError, shown } from '../errors.ts'
import { checkLimit } from '../limits/check-limit.ts'
import type { Limit } from '../limits/limit.ts'
import { parseLimit } from '../limits/parse-limit.ts'
import type { LimitSpec } from '../limits/parse-limit.ts'
import type { Rate } from '../limits/rate.ts'
import { isPromise } from '../maybe-promise.ts'
import type { MaybePromise } from '../maybe-promise.ts'
import { checkFunction, checkOptions } from '../options.ts'
import { storageKey } from '../stores/storage-key.ts'
import type { RateLimitRequest } from './request.ts'
import type { QuotaRate } from './rule.ts'

const RATE_KEYS = { quota: true, per: true, cacheMs: true } as const satisfies Record<keyof QuotaRate, true>
const CACHED_ANSWERS = 10_000

/** Finds the limit of each request by asking the application for the quota. */
export class QuotaSource {
  /** The limit, but for its quota. */
  readonly template: Limit
  readonly #quotaOf: QuotaRate['quota']
  readonly #cache: LRUCache<string, MaybePromise<Limit>> | undefined

  /** @throws {ConfigError} if the rate or the rest of the limit cannot be kept as it is written. */
  constructor(rate: QuotaRate, spec: Omit<LimitSpec, 'rate'>) {
    checkOptions('a rate', rate, RATE_KEYS)
    const { quota, per, cacheMs = 0 } = rate
    if (quota === undefined) refuse('quota', 'a function', quota)
    checkFunction('quota', quota)
    if (!Number.isSafeInteger(cacheMs) || cacheMs < 0) refuse('cacheMs', 'a whole number of at least 0', cacheMs)
    this.template = parseLimit({ ...spec, rate: `0 per ${per}` as Rate })
    this.#quotaOf = quota
    this.#cache = cacheMs > 0 ? new LRUCache({ max: CACHED_ANSWERS, ttl: cacheMs }) : undefined
  }

  /** Throws, or rejects with, whatever keeps the limit from being known. */
  limitFor(request: RateLimitRequest): MaybePromise<Limit> {
    const { ip, userId, tier, method, endpoint } = request
    const caller = this.#cache ? storageKey(JSON.stringify([ip, userId, tier, method, endpoint])) : ''
    const cached = this.#cache?.get(caller)
    if (cached) return cached
    const quota = this.#quotaOf(request)
    const limit = isPromise(quota) ? Promise.resolve(quota).then((value) => this.#limitOf(value)) : this.#limitOf(quota)
    this.#cache?.set(caller, limit)
    if (isPromise(limit)) limit.catch(() => this.#cache?.delete(caller))
    return limit
  }

  #limitOf(quota: number): Limit {
    const limit = { ...this.template, quota }
    checkLimit(limit)
    return limit
  }
}

function refuse(option: string, expected: string, value: unknown): never {
  throw new ConfigError('RL_INVALID_OPTION', `Expected \`${option}\` to be ${expected}, got ${shown(value)}`)
}
