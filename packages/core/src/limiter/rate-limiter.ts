import type { Verdict } from '../algorithms/algorithm.ts'
import { ConfigError, shown } from '../errors.ts'
import { rateLimitHeaders } from '../http/rate-limit-headers.ts'
import type { HeaderFields } from '../http/rate-limit-headers.ts'
import { andThen } from '../maybe-promise.ts'
import type { MaybePromise } from '../maybe-promise.ts'
import { checkFunction, checkOptions } from '../options.ts'
import type { Charge, Store } from '../stores/store.ts'
import { storeHealth } from './health.ts'
import type { Health } from './health.ts'
import type { Policy } from './policy.ts'
import { checkRequest } from './request.ts'
import type { RateLimitRequest } from './request.ts'
import { resultOf } from './result.ts'
import type { RateLimitResult } from './result.ts'
import { policyKey, RuleSet } from './rule-set.ts'
import type { Rules } from './rule-set.ts'
import type { RuleKind } from './rule.ts'
import type { defaultTiers } from './tiers.ts'

/** What a limiter is made of. */
export interface RateLimiterOptions<Tier extends string = string, Endpoint extends string = string> extends Rules<
  Tier,
  Endpoint
> {
  /** Where the counts are kept. It may be shared by several limiters. */
  readonly store: Store
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
} as const satisfies Record<keyof RateLimiterOptions, true>

const STORE_METHODS = ['consume', 'peek', 'refund', 'reset', 'ping', 'close'] as const satisfies (keyof Store)[]

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
  readonly #store: Store
  readonly #rules: RuleSet
  readonly #tierOf: RateLimiterOptions<Tier, Endpoint>['tierOf']

  /** @throws {ConfigError} if an option is missing, unknown, or cannot be kept as it is written. */
  constructor(options: RateLimiterOptions<Tier, Endpoint>) {
    checkOptions('RateLimiter', options, RATE_LIMITER_OPTIONS)
    const { store, tierOf, ...rules } = options
    if (!STORE_METHODS.every((method) => typeof (store as Store | undefined)?.[method] === 'function')) {
      throw new ConfigError(
        'RL_INVALID_OPTION',
        `Expected \`store\` to have the methods ${STORE_METHODS.join(', ')}, got ${shown(store)}`,
      )
    }
    checkFunction('tierOf', tierOf)
    this.#store = store
    this.#tierOf = tierOf
    this.#rules = new RuleSet(rules)
  }

  /**
   * Decides a request, and charges it to every limit that applies: its address, its user's tier, its endpoint.
   *
   * A request of a known user is held to the user's tier in place of the address, unless the address rule
   * `appliesTo: 'everyone'`.
   *
   * @throws {RequestError} `RL_MISSING_CLIENT`, `RL_INVALID_REQUEST`, `RL_INVALID_COST`: nothing is charged.
   * @throws {StoreError} if the store cannot answer.
   */
  isAllowed(request: RateLimitRequest<Tier>): MaybePromise<RateLimitResult<PolicyName<Tier, Endpoint>>> {
    return this.#decide(request, (charges) => this.#store.consume(charges))
  }

  /** Answers what `isAllowed` would, and charges nothing. */
  peek(request: RateLimitRequest<Tier>): MaybePromise<RateLimitResult<PolicyName<Tier, Endpoint>>> {
    return this.#decide(request, (charges) => this.#store.peek(charges))
  }

  /** Charges the address rule alone. */
  checkIpRateLimit(ip: string, options: CheckOptions = {}): MaybePromise<RateLimitResult<PolicyName<Tier, Endpoint>>> {
    const request = { ...options, ip }
    checkRequest(request)
    return this.#consume(this.#rules.ipPolicies, chargesFor(this.#rules.ipPolicies, request), undefined)
  }

  /** Charges the limit of the user's tier alone. */
  checkUserRateLimit(
    userId: string,
    tier?: RateLimitRequest<Tier>['tier'],
    options: CheckOptions = {},
  ): MaybePromise<RateLimitResult<PolicyName<Tier, Endpoint>>> {
    const request = { ...options, userId, tier }
    checkRequest(request)
    return andThen(this.#tierOfRequest(request), (known) => {
      const policies = this.#rules.tierPolicies(known)
      return this.#consume(policies, chargesFor(policies, request), known)
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
    const [, method = client.method, path = endpoint] = /^([A-Z]+) (\/.*)$/.exec(endpoint) ?? []
    const request = { ...client, method, endpoint: path }
    checkRequest(request)
    const policies = this.#rules.endpointPolicies(request)
    const isNobody = request.ip === undefined && request.userId === undefined
    const charges = isNobody
      ? policies.map(({ prefix, limit }) => ({ key: prefix, limit, cost: request.cost ?? 1 }))
      : chargesFor(policies, request)
    return this.#consume(policies, charges, undefined)
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
   */
  refund(request: RateLimitRequest<Tier>): MaybePromise<void> {
    return this.#plan(request, (_policies, charges) => (charges.length > 0 ? this.#store.refund(charges) : undefined))
  }

  /** Forgets what has been counted for those whom the request names, under the limits that apply to it. */
  reset(request: RateLimitRequest<Tier>): MaybePromise<void> {
    return this.#plan(request, async (_policies, charges) => {
      for (const { key } of charges) await this.#store.reset(key)
    })
  }

  /** Tells whether the store can decide. Never throws, and costs nobody quota. */
  health(): Promise<Health> {
    return storeHealth(this.#store)
  }

  /** Closes the store. Where several limiters share one, close the store itself instead, after the last of them. */
  close(): MaybePromise<void> {
    return this.#store.close()
  }

  #decide(
    request: RateLimitRequest<Tier>,
    ask: (charges: readonly Charge[]) => MaybePromise<readonly Verdict[]>,
  ): MaybePromise<RateLimitResult<PolicyName<Tier, Endpoint>>> {
    return this.#plan(request, (policies, charges, tier) =>
      andThen(charges.length > 0 ? ask(charges) : [], (verdicts) => resultOf(policies, verdicts, tier)),
    )
  }

  #consume(
    policies: readonly Policy[],
    charges: readonly Charge[],
    tier: string | undefined,
  ): MaybePromise<RateLimitResult<PolicyName<Tier, Endpoint>>> {
    return andThen(charges.length > 0 ? this.#store.consume(charges) : [], (verdicts) =>
      resultOf(policies, verdicts, tier),
    )
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
