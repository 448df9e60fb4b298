import { checkOptions } from '@rl/core'
import type { EndpointRuleSpec, RateLimitingMiddleware, RouteRule, Rule } from '@rl/core'
import type { FastifyContextConfig, RouteOptions } from 'fastify'

/** What a route says of its limits in its `config`: a rule beside the others, a rule instead of the others, or no limit. */
export type RouteRateLimit = Rule<EndpointRuleSpec> | { readonly only: Rule<EndpointRuleSpec> } | false

/** Whose limiter a rule is added to. */
type Owner = Pick<RateLimitingMiddleware, 'addRoute'>

const CLAIM = Symbol('rate limit')

/** What a route's `config` is at a request: Fastify makes one for each route, and writes the route's own address into it. */
interface Config extends FastifyContextConfig {
  readonly url?: string
  readonly method?: string | string[]
  [CLAIM]?: { readonly owner: Owner; readonly route: RouteRule }
}

/** The rules that routes have of their own. Of several limiters on one route, the innermost has its rule. */
export class RouteRules {
  readonly #owner: Owner

  constructor(owner: Owner) {
    this.#owner = owner
  }

  /**
   * Takes on the rule of a route that is being declared.
   *
   * @throws {ConfigError} if it cannot be kept as it is written.
   */
  claim(options: RouteOptions): void {
    const { config, method, url } = options
    if (hasRule(config)) options.config = { ...config, ...this.#claimOf({ ...config, method, url }) }
  }

  /** The rule that a request is to be held to, if its route has one of its own. */
  find(config: Config): RouteRule | 'unlimited' | undefined {
    if (config.rateLimit === false) return 'unlimited'
    if (!hasRule(config)) return undefined
    // The route is older than the limiter.
    if (!config[CLAIM]) Object.assign(config, this.#claimOf(config))
    const { owner, route } = config[CLAIM]!
    if (owner === this.#owner) return route
    return route.only ? 'unlimited' : undefined
  }

  #claimOf({ rateLimit, method, url }: Config): Pick<Config, typeof CLAIM> {
    const endpoint = endpointOf(method, url)
    const route = this.#owner.addRoute({ endpoint, ...ruleOf(rateLimit) })
    return { [CLAIM]: { owner: this.#owner, route } }
  }
}

function hasRule(config: Config | undefined): config is Config {
  return config?.rateLimit !== undefined && config.rateLimit !== false
}

function ruleOf(rateLimit: unknown): Pick<RouteRule, 'rule' | 'only'> {
  if (typeof rateLimit !== 'object' || rateLimit === null || !('only' in rateLimit)) {
    return { rule: rateLimit as RouteRule['rule'] }
  }
  checkOptions("a route's `rateLimit`", rateLimit, { only: true })
  return { rule: rateLimit.only as RouteRule['rule'], only: true }
}

/** One of its methods is enough to name a route; it is the same for GET and HEAD, which Fastify makes a route of its own. */
function endpointOf(method: string | string[] = [], url = ''): string {
  const methods = typeof method === 'string' ? [method] : method
  const isRead = methods.includes('GET') || methods.includes('HEAD')
  return `${isRead ? 'GET' : methods[0]} ${encodeURI(url.toWellFormed())}`
}
