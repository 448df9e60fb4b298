import { rateLimitHeaders } from '../http/rate-limit-headers.ts'
import type { HeaderFields, HeaderOptions } from '../http/rate-limit-headers.ts'
import { RequestError, shown } from '../errors.ts'
import { Emitter } from '../events.ts'
import type { Audience, Listener } from '../events.ts'
import { hashedNamesBy } from '../hashed-name.ts'
import { Reporter } from '../logger.ts'
import { andThen } from '../maybe-promise.ts'
import type { MaybePromise } from '../maybe-promise.ts'
import { checkOptions } from '../options.ts'
import { checkStore } from '../stores/check-store.ts'
import { checkedTimeout } from '../stores/guarded-store.ts'
import { AccessLists } from './access-lists.ts'
import { Decider } from './decider.ts'
import type { Health } from './health.ts'
import { LIMITER_EVENTS } from './limiter-events.ts'
import type { LimiterEvents } from './limiter-events.ts'
import { logDecision, logStoreEvents } from './limiter-log.ts'
import type { Plan } from './plan.ts'
import { namesNobody, Planner } from './planner.ts'
import { RATE_LIMITER_OPTIONS } from './rate-limiter-options.ts'
import type { RateLimiterOptions } from './rate-limiter-options.ts'
import { CHECK_OPTIONS, checkRequest } from './request.ts'
import type { CheckOptions, RateLimitRequest } from './request.ts'
import { frozenCopyOf, listedResult } from './result.ts'
import { Ledger, reservationOf } from './reservation.ts'
import type { Reservation } from './reservation.ts'
import type { RateLimitResult } from './result.ts'
import type { RouteRule, Rules } from './rule-set.ts'
import { DecisionCounter } from './stats.ts'
import type { LimiterStats } from './stats.ts'
import type { defaultTiers } from './tiers.ts'

const ENDPOINT = /^(?:([A-Za-z]+) )?(\/\S*)$/

/** How a limiter's limits are called: `ip`, the tier, the endpoint; `… per 5 minutes` where a rule has several windows. */
export type PolicyName<Tier extends string, Endpoint extends string> = 'ip' | Tier | Endpoint | (string & {})

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
  readonly #decider: Decider
  readonly #lists: AccessLists
  readonly #planner: Planner
  readonly #events: Emitter<LimiterEvents>
  readonly #decisionListeners: Audience
  readonly #blockListeners: Audience
  readonly #counter = new DecisionCounter()
  /** Tells this limiter's log. A middleware tells the same one. */
  readonly reporter: Reporter

  /** @throws {ConfigError} if an option is missing, unknown, or cannot be kept as it is written. */
  constructor(options: RateLimiterOptions<Tier, Endpoint>) {
    checkOptions('RateLimiter', options, RATE_LIMITER_OPTIONS)
    const { store, timeoutMs, partitionKeySecret } = options
    checkStore('store', store)
    const deadline = checkedTimeout(timeoutMs)
    this.reporter = new Reporter(options)
    this.#events = new Emitter<LimiterEvents>('a limiter', LIMITER_EVENTS, (name, error) =>
      this.#toldBadly(name, error),
    )
    this.#decisionListeners = this.#events.listenersTo('decision')
    this.#blockListeners = this.#events.listenersTo('block')
    logStoreEvents(this.#events, this.reporter)
    const partitionKeyOf =
      partitionKeySecret === undefined ? undefined : hashedNamesBy('partitionKeySecret', partitionKeySecret)
    this.#decider = new Decider(store, deadline, this.#events, partitionKeyOf)
    this.#lists = new AccessLists(options)
    this.#planner = new Planner(options, this.reporter)
    this.#decider.addFallbacks(this.#planner.fallbacks)
  }

  /**
   * Decides a request, and charges it to every limit that applies: its address, its user's tier, its endpoint.
   *
   * `await` the answer: whether it is a promise depends on the store.
   *
   * A request of a known user is held to the user's tier in place of the address, unless the address rule
   * `appliesTo: 'everyone'`.
   *
   * @throws {RequestError} `RL_MISSING_CLIENT`, `RL_INVALID_REQUEST`, `RL_INVALID_COST`: nothing is charged.
   */
  isAllowed(request: RateLimitRequest<Tier>): MaybePromise<RateLimitResult<PolicyName<Tier, Endpoint>>> {
    return this.#decide('consume', request)
  }

  /**
   * Decides a request whose cost is known only afterwards: charges `cost`, an upper bound, as `isAllowed` does. Once the
   * request is done, `settle` gives back what it did not need.
   *
   * @throws {RequestError} as `isAllowed` does.
   */
  reserve(request: RateLimitRequest<Tier>): MaybePromise<Reservation<PolicyName<Tier, Endpoint>>> {
    const ledger = new Ledger()
    // Before a listener can change it. What is no request at all is refused below.
    const cost = (request as RateLimitRequest | undefined)?.cost ?? 1
    const result = this.#decide('consume', request, ledger)
    if (result instanceof Promise) return result.then((decided) => reservationOf(decided, cost, ledger))
    return reservationOf(result, cost, ledger)
  }

  /** Answers what `isAllowed` would, and charges nothing. */
  peek(request: RateLimitRequest<Tier>): MaybePromise<RateLimitResult<PolicyName<Tier, Endpoint>>> {
    return this.#decide('peek', request)
  }

  /**
   * Changes rules while the limiter runs; those that are not given stay as they are. A rule keeps its counts, also if its
   * rate changes: what has been spent in a window stays spent. Only where it has several windows, or gets them, each counts by its
   * length, and a length that is new begins with nothing spent. Decisions under way go by the rules that they began with.
   *
   * @throws {ConfigError} if a rule cannot be kept as it is written: then nothing has changed.
   */
  update(rules: Omit<Rules, 'namespace'>): void {
    this.#planner.update(rules)
    this.#decider.addFallbacks(this.#planner.fallbacks)
  }

  /**
   * Gets to know the rule of one route, where something else than the path of a request tells its route: a framework that
   * has matched it already. Answers what requests on it then give as their `route`. Routes of one name count together.
   *
   * @throws {ConfigError} if the rule cannot be kept as it is written.
   */
  addRoute(route: RouteRule): RouteRule {
    const known = Object.freeze({ ...route })
    this.#planner.addRoute(known)
    this.#decider.addFallbacks(this.#planner.fallbacks)
    return known
  }

  /**
   * Charges the address rule alone. The lists `allow` and `deny` are not looked at, nor in the two checks below.
   *
   * @throws {ConfigError} `RL_INVALID_OPTION`, `RL_UNKNOWN_OPTION`
   * @throws {RequestError} as `isAllowed` does, here and below.
   */
  checkIpRateLimit(ip: string, options: CheckOptions = {}): MaybePromise<RateLimitResult<PolicyName<Tier, Endpoint>>> {
    checkOptions('checkIpRateLimit', options, CHECK_OPTIONS)
    const request = { ...options, ip }
    checkRequest(request)
    return this.#charge(this.#planner.planIp(request), request)
  }

  /** Charges the limit of the user's tier alone. */
  checkUserRateLimit(
    userId: string,
    tier?: RateLimitRequest<Tier>['tier'],
    options: CheckOptions = {},
  ): MaybePromise<RateLimitResult<PolicyName<Tier, Endpoint>>> {
    checkOptions('checkUserRateLimit', options, CHECK_OPTIONS)
    const request = { ...options, userId, tier }
    checkRequest(request)
    if ((userId as string | undefined) === undefined) {
      throw new RequestError('RL_MISSING_CLIENT', 'Expected `userId`, whose limit is to be charged, got nothing')
    }
    return this.#charge(this.#planner.planUser(request), request)
  }

  /**
   * Charges the endpoint's rule alone.
   *
   * @param endpoint A path, with or without a method before it.
   * @param client Whose request it is. With nobody named, the endpoint's own budget is charged, shared by all such calls.
   */
  checkEndpointRateLimit(
    endpoint: string,
    client: Omit<RateLimitRequest<Tier>, 'endpoint' | 'route' | 'tier'> = {},
  ): MaybePromise<RateLimitResult<PolicyName<Tier, Endpoint>>> {
    checkRequest(client)
    const [, method = client.method, path] = ENDPOINT.exec(endpoint) ?? []
    if (path === undefined) {
      throw new RequestError(
        'RL_INVALID_REQUEST',
        `Expected an endpoint such as \`/api/search\` or \`POST /api/reports\`, got ${shown(endpoint)}`,
      )
    }
    const request = { ...client, method, endpoint: path }
    checkRequest(request)
    return this.#charge(this.#planner.planEndpoint(request), request)
  }

  /**
   * The header fields that tell a client where it stands, without charging it.
   *
   * @param options As for `rateLimitHeaders`.
   */
  buildRateLimitHeaders(request: RateLimitRequest<Tier>, options: HeaderOptions = {}): MaybePromise<HeaderFields> {
    return andThen(this.peek({ ...request, cost: 0 }), (result) => rateLimitHeaders(result, options))
  }

  /**
   * Gives back what `isAllowed` has charged for the same request, where it turns out not to count: never above full. It is for
   * the caller to know that the request was admitted, and by the store: what `reserve` answers knows it by itself.
   *
   * @throws {StoreError} if the store cannot do so.
   */
  async refund(request: RateLimitRequest<Tier>): Promise<void> {
    checkRequest(request)
    if (this.#lists.find(request)) return
    await this.#decider.refund(await this.#planner.plan(request))
  }

  /**
   * Forgets what has been counted for those whom the request names, under the limits that apply to it. A budget that all
   * share is forgotten only where the request names nobody.
   *
   * @throws {StoreError} if the store cannot do so.
   */
  async reset(request: RateLimitRequest<Tier>): Promise<void> {
    checkRequest(request)
    const { policies, charges, watched } = await this.#planner.planWithoutQuotas(request)
    const counted = [...policies.map((policy, i) => ({ policy, charge: charges[i]! })), ...watched]
    for (const { policy, charge } of counted) {
      if (policy.per !== 'endpoint' || namesNobody(request)) await this.#decider.reset(charge.key)
    }
  }

  /** Tells whether the stores can decide, within `timeoutMs`. Never throws, and costs nobody quota. */
  health(): Promise<Health> {
    return this.#decider.health(this.#planner.policies)
  }

  /** What has been decided since the limiter was built, in numbers. `peek` is no decision. */
  stats(): LimiterStats {
    return { ...this.#counter.snapshot(), keys: this.#decider.keys }
  }

  /**
   * Calls the listener with each event of this name: `decision` and `block` (a decision that denies), `storeCall`, `storeError`
   * and `storeRecovered`. A listener is called before the decision is answered, and so should be quick; what it throws
   * changes nothing, and goes to the log.
   *
   * @returns Ends that.
   * @throws {ConfigError} `RL_INVALID_OPTION`
   */
  on<Name extends keyof LimiterEvents>(name: Name, listener: Listener<LimiterEvents[Name]>): () => void {
    return this.#events.on(name, listener)
  }

  /**
   * Closes the store, and the fallbacks. Where several limiters share one, close the stores themselves instead, after the
   * last of them.
   */
  async close(): Promise<void> {
    await this.#decider.close()
  }

  /** Whether a request is let in whatever the limits say. */
  isOnAllowList(request: RateLimitRequest<Tier>): boolean {
    return this.#lists.find(request) === 'allow'
  }

  #decide(
    verb: 'consume' | 'peek',
    request: RateLimitRequest<Tier>,
    ledger?: Ledger,
  ): MaybePromise<RateLimitResult<PolicyName<Tier, Endpoint>>> {
    checkRequest(request)
    const list = this.#lists.find(request)
    if (list) return verb === 'peek' ? listedResult(list) : this.#told(request, listedResult(list))
    const plan = this.#planner.plan(request)
    if (verb === 'consume') return this.#charge(plan, request, ledger)
    return andThen(plan, (known) => this.#decider.ask('peek', known))
  }

  #charge(
    plan: MaybePromise<Plan>,
    request: RateLimitRequest,
    ledger?: Ledger,
  ): MaybePromise<RateLimitResult<PolicyName<Tier, Endpoint>>> {
    if (plan instanceof Promise) return plan.then((known) => this.#charge(known, request, ledger))
    const result = this.#decider.ask('consume', plan, ledger)
    if (result instanceof Promise) return result.then((decided) => this.#told(request, decided))
    return this.#told(request, result)
  }

  #told(request: RateLimitRequest, result: RateLimitResult): RateLimitResult {
    this.#counter.count(result)
    logDecision(this.reporter, request, result)
    const isHeard = this.#decisionListeners.size > 0 || (!result.allowed && this.#blockListeners.size > 0)
    if (!isHeard) return result
    // A listener is told what was decided, and cannot decide otherwise.
    const event = Object.freeze({ request, result: frozenCopyOf(result) })
    this.#events.emit('decision', event)
    if (!result.allowed) this.#events.emit('block', event)
    return result
  }

  #toldBadly(name: string, error: unknown): void {
    this.reporter.tell({ level: 'error', event: 'listener_error', subject: name, budget: 'fault' }, () => ({
      message: `A listener to the event "${name}" failed: ${String(error)}`,
    }))
  }
}
