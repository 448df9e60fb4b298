import { ConfigError, RequestError, shown } from '../errors.ts'
import { checkOptions } from '../options.ts'
import type { Store } from '../stores/store.ts'
import { EndpointRouter } from './endpoint-router.ts'
import { lineUpOf } from './line-up.ts'
import type { LineUp } from './line-up.ts'
import { compileRule } from './policy.ts'
import type { Policy, RulePlace } from './policy.ts'
import type { RateLimitRequest } from './request.ts'
import type { EndpointRuleSpec, IpRuleSpec, OutageOptions, Rule } from './rule.ts'
import { defaultTiers } from './tiers.ts'

/** The rules of a limiter. */
export interface Rules<Tier extends string = string, Endpoint extends string = string> extends OutageOptions {
  /** Limit for each address. @default '100 per minute' */
  readonly ip?: Rule<IpRuleSpec>
  /** Limit for each user, by tier. @default defaultTiers */
  readonly tiers?: Readonly<Record<Tier, Rule>>
  /** The tier of users whose tier is not known, or not in the table. Never an unlimited one. @default 'free' */
  readonly defaultTier?: NoInfer<Tier>
  /** Keeps the counts apart from those of another limiter on the same store. @default none */
  readonly namespace?: string
  /** Limits for endpoints: `POST /api/reports`, `/api/users/:id`, `/api/*`. The most specific that fits applies. */
  readonly endpoints?: Readonly<Record<Endpoint, Rule<EndpointRuleSpec>>>
}

/** The rule of one route, which is found by the framework that serves it, and not by the path of a request. */
export interface RouteRule {
  /** What the limit is called, and what it counts under: `POST /api/reports`, `GET /files/*`. */
  readonly endpoint: string
  readonly rule: Rule<EndpointRuleSpec>
  /** Whether requests are held to this rule alone, and not to their address's or their tier's. @default false */
  readonly only?: boolean
}

/** The rule of an endpoint, and what applies under it to each kind of caller, once one has come. */
interface EndpointRule {
  readonly policies: readonly Policy[]
  /** Whether it stands in for the other rules. */
  readonly isAlone: boolean
  /** By their tier, if users have one. */
  readonly users: Map<string | undefined, LineUp>
  anonymous?: LineUp
}

const DEFAULT_IP = '100 per minute'
const ROUTE_KEYS = { endpoint: true, rule: true, only: true } as const satisfies Record<keyof RouteRule, true>

/** Rules, compiled: tells which limits apply to a request, and under which keys they count. */
export class RuleSet {
  readonly #defaultTier: string | undefined
  readonly #ip: readonly Policy[]
  readonly #tiers: ReadonlyMap<string, readonly Policy[]>
  readonly #endpoints = new EndpointRouter<EndpointRule>()
  readonly #elsewhere = endpointRule([])
  readonly #routes = new Map<RouteRule, EndpointRule>()
  readonly #policies: Policy[]
  readonly #placeOf: (endpoint: string) => RulePlace

  /** @throws {ConfigError} if a rule cannot be kept as it is written. */
  constructor(rules: Rules, routes: Iterable<RouteRule> = []) {
    const { ip = DEFAULT_IP, tiers = defaultTiers, endpoints = {}, defaultTier, namespace } = rules
    if (namespace !== undefined && (typeof namespace !== 'string' || namespace === '' || !namespace.isWellFormed())) {
      throw new ConfigError('RL_INVALID_OPTION', `Expected \`namespace\` to be a text, got ${shown(namespace)}`)
    }
    // No counter without a namespace has a colon before its first slash or space.
    const counterOf = (counter: string): string => (namespace ? `${encodeURIComponent(namespace)}:${counter}` : counter)
    this.#ip = compileRule({ kind: 'ip', name: 'ip', counter: counterOf('ip'), outage: rules }, ip)
    this.#tiers = new Map(
      entriesOf('tiers', tiers).map(([tier, rule]) => [
        tier,
        compileRule({ kind: 'user', name: tier, counter: counterOf('user'), outage: rules }, rule),
      ]),
    )
    this.#defaultTier = this.#checkDefaultTier(defaultTier)
    this.#placeOf = (endpoint) => ({ kind: 'endpoint', name: endpoint, counter: counterOf(endpoint), outage: rules })
    const endpointPolicies = entriesOf('endpoints', endpoints).map(([endpoint, rule]) => {
      const policies = compileRule(this.#placeOf(endpoint), rule)
      this.#endpoints.add(endpoint, endpointRule(policies))
      return policies
    })
    this.#policies = [this.#ip, ...this.#tiers.values(), ...endpointPolicies].flat()
    checkNames(this.#policies)
    for (const route of routes) this.addRoute(route)
  }

  /** All limits that there are. */
  get policies(): readonly Policy[] {
    return this.#policies
  }

  /** The stores that some rule falls back on. */
  get fallbacks(): ReadonlySet<Store> {
    return new Set(this.#policies.flatMap(({ fallback }) => fallback ?? []))
  }

  /** The routes with a rule of their own. */
  get routes(): Iterable<RouteRule> {
    return this.#routes.keys()
  }

  /** @throws {ConfigError} if the rule cannot be kept as it is written. */
  addRoute(route: RouteRule): void {
    checkOptions('a route', route, ROUTE_KEYS)
    const { endpoint, rule, only = false } = route
    if (typeof endpoint !== 'string' || endpoint === '') {
      throw new ConfigError(
        'RL_INVALID_ENDPOINT',
        `Expected the endpoint of a route to be a text, got ${shown(endpoint)}`,
      )
    }
    const policies = compileRule(this.#placeOf(endpoint), rule)
    checkNames(only ? policies : [...this.#ip, ...[...this.#tiers.values()].flat(), ...policies])
    this.#routes.set(route, endpointRule(policies, only))
    this.#policies.push(...policies)
  }

  /** The tier that a user is held to: the one given if the table has it, else the default. */
  tierFor(tier: string | undefined): string | undefined {
    return tier !== undefined && this.#tiers.has(tier) ? tier : this.#defaultTier
  }

  /** The limits that apply to a request of a user of this tier, or of nobody known. */
  lineUpFor(request: RateLimitRequest, tier: string | undefined): LineUp {
    const rule = this.#endpointRule(request)
    if (request.userId === undefined) return (rule.anonymous ??= lineUpOf(this.#policiesForNobody(rule)))
    const known = rule.users.get(tier)
    if (known) return known
    const lineUp = lineUpOf(this.#policiesForUser(rule, tier))
    rule.users.set(tier, lineUp)
    return lineUp
  }

  get ipPolicies(): readonly Policy[] {
    return this.#ip
  }

  tierPolicies(tier: string | undefined): readonly Policy[] {
    return (tier !== undefined && this.#tiers.get(tier)) || []
  }

  /** @throws {RequestError} `RL_INVALID_REQUEST` if the route is not known. */
  endpointPolicies(request: RateLimitRequest): readonly Policy[] {
    return this.#endpointRule(request).policies
  }

  #endpointRule({ method, endpoint, route }: RateLimitRequest): EndpointRule {
    if (route !== undefined) return this.#routes.get(route) ?? unknownRoute(route)
    if (endpoint === undefined || this.#endpoints.isEmpty) return this.#elsewhere
    const rule = this.#endpoints.find(method, endpoint) ?? this.#elsewhere
    const others = this.#endpoints.findResolved(method, endpoint).filter((other) => other !== rule)
    // Which of them is going to serve the request is not known here: it is held to all.
    return others.length === 0 ? rule : endpointRule([rule, ...others].flatMap(({ policies }) => policies))
  }

  #policiesForNobody({ policies, isAlone }: EndpointRule): readonly Policy[] {
    const endpointPolicies = policies.filter((policy) => isFor(policy, false))
    if (isAlone && isEnough(policies, endpointPolicies)) return endpointPolicies
    return [...this.#ip, ...endpointPolicies]
  }

  #policiesForUser({ policies, isAlone }: EndpointRule, tier: string | undefined): readonly Policy[] {
    if (isAlone && isEnough(policies, policies)) return policies
    if (tier === undefined) return [...this.#ip, ...policies]
    return [...this.#ip.filter(({ forUsers }) => forUsers), ...this.tierPolicies(tier), ...policies]
  }

  #checkDefaultTier(tier: string | undefined): string | undefined {
    if (tier === undefined) return this.#tiers.size === 0 ? undefined : this.#checkDefaultTier('free')
    const policies = this.#tiers.get(tier)
    if (!policies) {
      const names = [...this.#tiers.keys()].join(', ')
      throw new ConfigError(
        'RL_INVALID_OPTION',
        `Expected \`defaultTier\` to be one of the tiers (${names}), got ${shown(tier)}`,
      )
    }
    if (policies.every(({ isShadow }) => isShadow)) {
      throw new ConfigError('RL_INVALID_OPTION', `Expected \`defaultTier\` to be a limited tier, got ${shown(tier)}`)
    }
    return tier
  }
}

/** Whether a limit applies to a request at all: one that counts by user does not, where nobody is known. */
export function isFor({ per }: Policy, isUser: boolean): boolean {
  return per !== 'user' || isUser
}

function endpointRule(policies: readonly Policy[], isAlone = false): EndpointRule {
  return { policies, isAlone, users: new Map() }
}

/** Whether a rule may stand alone: one that counts by user leaves callers without one to the other rules. */
function isEnough(rule: readonly Policy[], applicable: readonly Policy[]): boolean {
  return rule.length === 0 || applicable.some(({ isShadow }) => !isShadow)
}

function unknownRoute(route: unknown): never {
  throw new RequestError(
    'RL_INVALID_REQUEST',
    `Expected \`route\` to be what \`addRoute\` of this limiter has answered, got ${shown(route)}`,
  )
}

function entriesOf<T>(option: string, table: Readonly<Record<string, T>>): [string, T][] {
  // A map has no keys of its own, and would be a table of no rules.
  if (typeof table !== 'object' || table === null || Array.isArray(table) || table instanceof Map) {
    throw new ConfigError('RL_INVALID_OPTION', `Expected \`${option}\` to be an object of rules, got ${shown(table)}`)
  }
  return Object.entries(table)
}

function checkNames(policies: readonly Policy[]): void {
  const names = new Set<string>()
  for (const { name } of policies) {
    if (names.has(name))
      throw new ConfigError('RL_DUPLICATE_NAME', `Expected limits of different names, got two called ${shown(name)}`)
    names.add(name)
  }
}
