import { checkCost } from '../algorithms/apply-algorithm.ts'
import { RequestError, shown } from '../errors.ts'
import type { RouteRule } from './rule-set.ts'

/** Who asks for what. What is not known is left out; it is never guessed, and never shared with others. */
export interface RateLimitRequest<Tier extends string = string> {
  /** The client's address, as the framework trusts it. */
  readonly ip?: string | undefined
  /** The user, if there is a known one. */
  readonly userId?: string | undefined
  /** The user's tier. Left out, the limiter's `tierOf` finds it. */
  readonly tier?: Tier | (string & {}) | undefined
  /** HTTP method, for rules that name one. */
  readonly method?: string | undefined
  /** Path of the endpoint, without its query. */
  readonly endpoint?: string | undefined
  /** The route, where it has a rule of its own, which then stands in for those that the limiter has for endpoints: see `addRoute`. */
  readonly route?: RouteRule | undefined
  /** How many units the request costs, a whole number. 0 only reads. @default 1 */
  readonly cost?: number | undefined
}

/** The part of a request that the check of a single rule needs. */
export type CheckOptions = Pick<RateLimitRequest, 'cost'>

export const CHECK_OPTIONS = { cost: true } as const satisfies Record<keyof CheckOptions, true>

/**
 * Refuses a request that does not say what it seems to say. An empty name is refused too: it is what a missing header
 * or an undefined variable turns into, and everyone would share it.
 *
 * @throws {RequestError} `RL_INVALID_REQUEST`, `RL_INVALID_COST`
 */
export function checkRequest(request: RateLimitRequest): void {
  if (typeof request !== 'object' || request === null) {
    throw new RequestError('RL_INVALID_REQUEST', `Expected a request to be an object, got ${shown(request)}`)
  }
  checkText('ip', request.ip)
  checkText('userId', request.userId)
  checkText('tier', request.tier)
  checkText('method', request.method)
  checkText('endpoint', request.endpoint)
  if (request.cost !== undefined) checkCost(request.cost)
}

function checkText(name: string, value: unknown): void {
  if (value === undefined || (typeof value === 'string' && value !== '')) return
  throw new RequestError(
    'RL_INVALID_REQUEST',
    `Expected \`${name}\` to be a text that is not empty, got ${shown(value)}`,
  )
}
