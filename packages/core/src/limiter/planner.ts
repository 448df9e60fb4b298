import { checkedSubnet } from '../client/client-key.ts'
import type { Reporter } from '../logger.ts'
import { andThen } from '../maybe-promise.ts'
import type { MaybePromise } from '../maybe-promise.ts'
import { checkFunction, checkOptions } from '../options.ts'
import type { Store } from '../stores/store.ts'
import { lineUpOf } from './line-up.ts'
import type { LineUp } from './line-up.ts'
import { planFor } from './plan.ts'
import type { Plan, Planning } from './plan.ts'
import type { Policy } from './policy.ts'
import { CHANGEABLE_OPTIONS } from './rate-limiter-options.ts'
import type { RateLimiterOptions } from './rate-limiter-options.ts'
import type { RateLimitRequest } from './request.ts'
import { isFor, RuleSet } from './rule-set.ts'
import type { RouteRule, Rules } from './rule-set.ts'

/** Finds out what to ask the store for a request: by the rules, which can change, and the user's tier. */
export class Planner {
  readonly #tierOf: RateLimiterOptions['tierOf']
  readonly #planning: Planning
  /** As they were written, to be changed in parts. */
  #written: Rules
  #rules: RuleSet

  /** @throws {ConfigError} if an option cannot be kept as it is written. */
  constructor(options: RateLimiterOptions, reporter: Reporter) {
    const { tierOf, ipv6Subnet } = options
    checkFunction('tierOf', tierOf)
    this.#tierOf = tierOf
    this.#planning = { reporter, ipv6Subnet: checkedSubnet(ipv6Subnet) }
    this.#written = { ...options }
    this.#rules = new RuleSet(options)
  }

  /** All limits that there are. */
  get policies(): readonly Policy[] {
    return this.#rules.policies
  }

  /** The stores that some rule falls back on. */
  get fallbacks(): ReadonlySet<Store> {
    return this.#rules.fallbacks
  }

  /** @throws {ConfigError} if a rule cannot be kept as it is written: then nothing has changed. */
  update(rules: Omit<Rules, 'namespace'>): void {
    checkOptions('update', rules, CHANGEABLE_OPTIONS)
    const given = Object.fromEntries(Object.entries(rules).filter(([, rule]) => rule !== undefined))
    const written = { ...this.#written, ...given }
    this.#rules = new RuleSet(written, this.#rules.routes)
    this.#written = written
  }

  /** @throws {ConfigError} if the rule cannot be kept as it is written. */
  addRoute(route: RouteRule): void {
    this.#rules.addRoute(route)
  }

  /** By all rules. The request has been checked, here and below. */
  plan(request: RateLimitRequest): MaybePromise<Plan> {
    // The rules of now, whatever changes while the tier is asked for.
    const rules = this.#rules
    const tier = this.#tierOfRequest(request, rules)
    if (tier instanceof Promise)
      return tier.then((known) => this.#planBy(rules.lineUpFor(request, known), request, known))
    return this.#planBy(rules.lineUpFor(request, tier), request, tier)
  }

  /**
   * By all rules, to find what a request is counted under: which does not depend on the quotas, that may not be known. Where it
   * names nobody, that is the endpoint's own budget.
   */
  planWithoutQuotas(request: RateLimitRequest): MaybePromise<Plan> {
    const rules = this.#rules
    const shared = namesNobody(request) ? sharedByAll(rules.endpointPolicies(request)) : []
    if (shared.length > 0) return this.#planBy({ ...lineUpOf(shared), asksForQuotas: false }, request, undefined)
    return andThen(this.#tierOfRequest(request, rules), (tier) =>
      this.#planBy({ ...rules.lineUpFor(request, tier), asksForQuotas: false }, request, tier),
    )
  }

  /** By the address rule alone. */
  planIp(request: RateLimitRequest): MaybePromise<Plan> {
    return this.#planBy(lineUpOf(this.#rules.ipPolicies), request, undefined)
  }

  /** By the rule of the user's tier alone. */
  planUser(request: RateLimitRequest): MaybePromise<Plan> {
    const rules = this.#rules
    return andThen(this.#tierOfRequest(request, rules), (tier) =>
      this.#planBy(lineUpOf(rules.tierPolicies(tier)), request, tier),
    )
  }

  /** By the endpoint's rule alone; by its own budget, shared by all such calls, if the request names nobody. */
  planEndpoint(request: RateLimitRequest): MaybePromise<Plan> {
    const all = this.#rules.endpointPolicies(request)
    const policies = namesNobody(request)
      ? sharedByAll(all)
      : all.filter((policy) => isFor(policy, request.userId !== undefined))
    return this.#planBy(lineUpOf(policies), request, undefined)
  }

  #planBy(lineUp: LineUp, request: RateLimitRequest, tier: string | undefined): MaybePromise<Plan> {
    return planFor(lineUp, request, tier, this.#planning)
  }

  #tierOfRequest(request: RateLimitRequest, rules: RuleSet): MaybePromise<string | undefined> {
    const { userId, tier } = request
    if (userId === undefined) return undefined
    const named = tier === undefined && this.#tierOf ? this.#tierOf(userId, request) : tier
    return andThen(named, (name) => rules.tierFor(name))
  }
}

/** The budget of an endpoint that calls share which do not say whose they are. */
function sharedByAll(policies: readonly Policy[]): readonly Policy[] {
  return policies.map((policy) => ({ ...policy, per: 'endpoint' }))
}

/** Whether a request does not say whose it is. */
export function namesNobody({ ip, userId }: RateLimitRequest): boolean {
  return ip === undefined && userId === undefined
}
