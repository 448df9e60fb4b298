import type { Verdict } from '../algorithms/algorithm.ts'
import { rateLimitHeaders } from '../http/rate-limit-headers.ts'
import type { HeaderFields } from '../http/rate-limit-headers.ts'
import { RequestError, shown } from '../errors.ts'
import { andThen, isPromise } from '../maybe-promise.ts'
import type { MaybePromise } from '../maybe-promise.ts'
import { checkFunction, checkOptions, positiveInteger } from '../options.ts'
import { checkStore } from '../stores/check-store.ts'
import { GuardedStore, isCallersOwn } from '../stores/guarded-store.ts'
import type { Charge, Store } from '../stores/store.ts'
import { storeHealth } from './health.ts'
import type { Health } from './health.ts'
import { OutagePlan } from './outage.ts'
import type { Policy } from './policy.ts'
import { checkRequest } from './request.ts'
import type { RateLimitRequest } from './request.ts'
import { resultOf } from './result.ts'
import type { RateLimitResult } from './result.ts'
import { isFor, policyKey, RuleSet } from './rule-set.ts'
import type { Rules } from './rule-set.ts'
import type { RuleKind } from './rule.ts'
import type { defaultTiers } from './tiers.ts'

/** What a limiter is made of. */
export interface RateLimiterOptions<Tier extends string = string, Endpoint extends string = string> extends Rules<
  Tier,
  Endpoint
> {
  /**
   * Where the counts are kept. It may be shared by several limiters; limits of the same name are then one, unless each
   * limiter has a `namespace` of its own.
   */
  readonly store: Store
  /**
   * How long the store may take for one decision, in milliseconds. Then, or if it fails, the rules' `fallback` and
   * `onStoreError` hold; after several failures in a row it is asked only now and then until it answers again.
   *
   * @default 250
   */
  readonly timeoutMs?: number
  /**
   * Finds the tier of a user whose request does not name one. What it throws, `isAllowed` rejects with.
   *
   * @default every such user is of the default tier
   */
  readonly tierOf?: (
    userId: string,
    request: RateLimitRequest,
  ) => MaybePromise<NoInfer<Tier> | (string & {}) | undefined>
}

export const RATE_LIMITER_OPTIONS = {
  store: true,
  ip: true,
  tiers: true,
  defaultTier: true,
  endpoints: true,
  tierOf: true,
  timeoutMs: true,
  namespace: true,
  onStoreError: true,
  fallback: true,
} as const satisfies Record<keyof RateLimiterOptions, true>

const DEFAULT_TIMEOUT_MS = 250
/** Beyond it, timers fire at once. */
const LONGEST_TIMEOUT_MS = 2 ** 31 - 1
const ENDPOINT = /^(?:([A-Za-z]+) )?(\/\S*)$/

/** How a limiter's limits are called: `ip`, the tier, the endpoint; `… per 5 minutes` where a rule has several windows. */
export type PolicyName<Tier extends string, Endpoint extends string> = 'ip' | Tier | Endpoint | (string & {})

/** The part of a request that the check of a single rule needs. */
export type CheckOptions = Pick<RateLimitRequest, 'cost'>

/**
 * Holds requests to limits: by address, by the user's tier, by endpoint.
 *
 * A decision asks the store once, whatever the number of limits: all of them are charged, or none. It is answered at
 * once where the store answers at once, else by a promise; `await` serves for both.
 *
 * @example
 * ```ts
 * import { RateLimiter } from '@rl/core'
 * import { MemoryStore } from '@rl/store-memory'
 *
 * const limiter = new RateLimiter({
 *   store: new MemoryStore(),
 *   endpoints: { 'POST /api/auth/login': { rate: '5 per 5 minutes', algorithm: 'sliding-window', per: 'ip' } },
 * })
 * const result = await limiter.isAllowed({ ip: '203.0.113.7', method: 'POST', endpoint: '/api/auth/login' })
 * if (!result.allowed) console.log(`${result.policy}: wait ${result.retryAfterMs} ms`)
 * ```
 */
export class RateLimiter<Tier extends string = keyof typeof defaultTiers, Endpoint extends string = never> {
  readonly #store: GuardedStore
  readonly #rules: RuleSet
  readonly #outage: OutagePlan
  readonly #tierOf: RateLimiterOptions<Tier, Endpoint>['tierOf']

  /** @throws {ConfigError} if an option is missing, unknown, or cannot be kept as it is written. */
  constructor(options: RateLimiterOptions<Tier, Endpoint>) {
    checkOptions('RateLimiter', options, RATE_LIMITER_OPTIONS)
    const { store, tierOf, timeoutMs, ...rules } = options
    checkStore('store', store)
    checkFunction('tierOf', tierOf)
    const deadline = positiveInteger('timeoutMs', timeoutMs, DEFAULT_TIMEOUT_MS, LONGEST_TIMEOUT_MS)
    this.#store = new GuardedStore(store, deadline)
    this.#tierOf = tierOf
    this.#rules = new RuleSet(rules)
    this.#outage = new OutagePlan(this.#rules.fallbacks, deadline)
  }

  /**
   * Decides a request, and charges it to every limit that applies: its address, its user's tier, its endpoint.
   *
   * A request of a known user is held to the user's tier in place of the address, unless the address rule
   * `appliesTo: 'everyone'`.
   *
   * @throws {RequestError} `RL_MISSING_CLIENT`, `RL_INVALID_REQUEST`, `RL_INVALID_COST`: nothing is charged.
   */
  isAllowed(request: RateLimitRequest<Tier>): MaybePromise<RateLimitResult<PolicyName<Tier, Endpoint>>> {
    return this.#plan(request, (policies, charges, tier) => this.#ask('consume', policies, charges, tier))
  }

  /** Answers what `isAllowed` would, and charges nothing. */
  peek(request: RateLimitRequest<Tier>): MaybePromise<RateLimitResult<PolicyName<Tier, Endpoint>>> {
    return this.#plan(request, (policies, charges, tier) => this.#ask('peek', policies, charges, tier))
  }

  /** Charges the address rule alone. */
  checkIpRateLimit(ip: string, options: CheckOptions = {}): MaybePromise<RateLimitResult<PolicyName<Tier, Endpoint>>> {
    const request = { ...options, ip }
    checkRequest(request)
    return this.#ask('consume', this.#rules.ipPolicies, chargesFor(this.#rules.ipPolicies, request), undefined)
  }

  /** Charges the limit of the user's tier alone. */
  checkUserRateLimit(
    userId: string,
    tier?: RateLimitRequest<Tier>['tier'],
    options: CheckOptions = {},
  ): MaybePromise<RateLimitResult<PolicyName<Tier, Endpoint>>> {
    const request = { ...options, userId, tier }
    checkRequest(request)
    if ((userId as string | undefined) === undefined) {
      throw new RequestError('RL_MISSING_CLIENT', 'Expected `userId`, whose limit is to be charged, got nothing')
    }
    return andThen(this.#tierOfRequest(request), (known) => {
      const policies = this.#rules.tierPolicies(known)
      return this.#ask('consume', policies, chargesFor(policies, request), known)
    })
  }

  /**
   * Charges the endpoint's rule alone.
   *
   * @param endpoint A path, with or without a method before it.
   * @param client Whose request it is. With nobody named, the endpoint's own budget is charged, shared by all such calls.
   */
  checkEndpointRateLimit(
    endpoint: string,
    client: Omit<RateLimitRequest<Tier>, 'endpoint' | 'tier'> = {},
  ): MaybePromise<RateLimitResult<PolicyName<Tier, Endpoint>>> {
    const [, method = client.method, path] = ENDPOINT.exec(endpoint) ?? []
    if (path === undefined) {
      throw new RequestError(
        'RL_INVALID_REQUEST',
        `Expected an endpoint such as \`/api/search\` or \`POST /api/reports\`, got ${shown(endpoint)}`,
      )
    }
    const request = { ...client, method, endpoint: path }
    checkRequest(request)
    const all = this.#rules.endpointPolicies(request)
    if (request.ip === undefined && request.userId === undefined) {
      const own = all.map(({ prefix, limit }) => ({ key: prefix, limit, cost: request.cost ?? 1 }))
      return this.#ask('consume', all, own, undefined)
    }
    const policies = all.filter((policy) => isFor(policy, request))
    return this.#ask('consume', policies, chargesFor(policies, request), undefined)
  }

  /**
   * The header fields that tell a client where it stands, without charging it.
   *
   * @param options.prefer The family of limits to tell of, if one of it applies. @default the tightest of all
   */
  buildRateLimitHeaders(
    request: RateLimitRequest<Tier>,
    options: { readonly prefer?: RuleKind } = {},
  ): MaybePromise<HeaderFields> {
    return andThen(this.peek({ ...request, cost: 0 }), (result) => rateLimitHeaders(result, options))
  }

  /**
   * Gives back what `isAllowed` has charged for the same request, where it turns out not to count: never above full.
   *
   * @throws {StoreError} if the store cannot do so.
   */
  async refund(request: RateLimitRequest<Tier>): Promise<void> {
    await this.#plan(request, (_policies, charges) => (charges.length > 0 ? this.#store.refund(charges) : undefined))
  }

  /**
   * Forgets what has been counted for those whom the request names, under the limits that apply to it. A budget that all
   * share is forgotten only where the request names nobody.
   *
   * @throws {StoreError} if the store cannot do so.
   */
  reset(request: RateLimitRequest<Tier>): MaybePromise<void> {
    const isNobody = request.ip === undefined && request.userId === undefined
    return this.#plan(request, async (policies, charges) => {
      for (const [i, { per }] of policies.entries()) {
        if (per !== 'endpoint' || isNobody) await this.#store.reset(charges[i]!.key)
      }
    })
  }

  /** Tells whether the store can decide. Never throws, and costs nobody quota. */
  health(): Promise<Health> {
    return storeHealth(this.#store)
  }

  /**
   * Closes the store, and the fallbacks. Where several limiters share one, close the stores themselves instead, after the
   * last of them.
   */
  async close(): Promise<void> {
    await this.#store.close()
    await this.#outage.close()
  }

  #ask(
    verb: 'consume' | 'peek',
    policies: readonly Policy[],
    charges: readonly Charge[],
    tier: string | undefined,
  ): MaybePromise<RateLimitResult<PolicyName<Tier, Endpoint>>> {
    if (charges.length === 0) return resultOf([], [], tier)
    const answered = (verdicts: readonly Verdict[]): RateLimitResult<PolicyName<Tier, Endpoint>> =>
      resultOf(policies, verdicts, tier)
    const failed = (error: unknown): Promise<RateLimitResult<PolicyName<Tier, Endpoint>>> =>
      this.#askElsewhere(verb, policies, charges, tier, error)
    try {
      const verdicts = this.#store[verb](charges)
      return isPromise(verdicts) ? verdicts.then(answered, failed) : answered(verdicts)
    } catch (error) {
      if (isCallersOwn(error)) throw error
      return failed(error)
    }
  }

  async #askElsewhere(
    verb: 'consume' | 'peek',
    policies: readonly Policy[],
    charges: readonly Charge[],
    tier: string | undefined,
    error: unknown,
  ): Promise<RateLimitResult<PolicyName<Tier, Endpoint>>> {
    if (isCallersOwn(error)) throw error
    const decision = await this.#outage.decide(verb, policies, charges, this.#store.retryAfterMs)
    if (verb === 'consume') void this.#store.giveBackLate(error, decision.notOwed)
    return resultOf(decision.policies, decision.verdicts, tier, decision.degraded)
  }

  #plan<T>(
    request: RateLimitRequest<Tier>,
    next: (policies: readonly Policy[], charges: readonly Charge[], tier: string | undefined) => MaybePromise<T>,
  ): MaybePromise<T> {
    checkRequest(request)
    return andThen(this.#tierOfRequest(request), (tier) => {
      const policies = this.#rules.policiesFor(request, tier)
      return next(policies, chargesFor(policies, request), tier)
    })
  }

  #tierOfRequest(request: RateLimitRequest<Tier>): MaybePromise<string | undefined> {
    const { userId, tier } = request
    if (userId === undefined) return undefined
    const named = tier === undefined && this.#tierOf ? this.#tierOf(userId, request) : tier
    return andThen(named, (name) => this.#rules.tierFor(name))
  }
}

function chargesFor(policies: readonly Policy[], request: RateLimitRequest): readonly Charge[] {
  const { cost = 1 } = request
  return policies.map((policy) => ({ key: policyKey(policy, request), limit: policy.limit, cost }))
}
