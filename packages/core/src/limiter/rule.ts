import type { LimitSpec } from '../limits/parse-limit.ts'
import type { Rate, Window } from '../limits/rate.ts'
import type { MaybePromise } from '../maybe-promise.ts'
import type { Store } from '../stores/store.ts'
import type { RateLimitRequest } from './request.ts'

/** What becomes of requests that a limit cannot count, because its store does not answer. */
export interface OutageOptions {
  /** Lets them pass uncounted, or denies them (503). @default 'allow' */
  readonly onStoreError?: 'allow' | 'deny'
  /** A store to count in meanwhile, of its own counts; `onStoreError` holds if it fails too. */
  readonly fallback?: Store
}

/** A rate whose quota depends on the request. */
export interface QuotaRate {
  /**
   * Units per window, a whole number; the user's tier is in the request, if one is known. What throws, or answers anything
   * else, denies the request (503) and is logged as `quota_error`.
   */
  readonly quota: (request: RateLimitRequest) => MaybePromise<number>
  /** The window: `minute`, `5 minutes`. */
  readonly per: Window
  /** For how long an answer serves all requests of the same caller to the same endpoint, in milliseconds. @default 0 */
  readonly cacheMs?: number
}

/** One window of a rule. */
export interface RuleSpec extends Omit<LimitSpec, 'rate'>, OutageOptions {
  readonly rate: Rate | QuotaRate
  /** What results and header fields call it. @default the rule's own name, with the window where it has several */
  readonly name?: string
  /**
   * `shadow` counts on its own, as if it were the only limit, and tells in `result.shadows` what it would have decided. It
   * denies nobody and changes nothing for the limits that do. @default 'enforce'
   */
  readonly mode?: 'enforce' | 'shadow'
  /** What a unit is, if not a request, as header fields call it: `content-bytes`, for one. @default 'requests' */
  readonly unit?: string
}

/** Whose counter a rule charges. */
export type Per = 'client' | 'ip' | 'user' | 'endpoint'

/** One window of an endpoint's rule. */
export interface EndpointRuleSpec extends RuleSpec {
  /**
   * Whose counter is charged: that of the `client` (the user if known, else the address), of the `ip` address, of the
   * `user` (and nobody's for a request without one), or one budget of the `endpoint` for all callers together.
   *
   * @default 'client'
   */
  readonly per?: Per
}

/** One window of the address rule. */
export interface IpRuleSpec extends RuleSpec {
  /**
   * Whose requests are charged to their address: those of callers with no known user, who have no tier to be held to,
   * or `everyone`'s.
   *
   * @default 'anonymous'
   */
  readonly appliesTo?: 'anonymous' | 'everyone'
}

/** A limit, several that are charged together, or none. */
export type Rule<Spec extends RuleSpec = RuleSpec> = 'unlimited' | Rate | Spec | readonly (Rate | Spec)[]

/** The family of a rule: the address, the user's tier, or the endpoint. */
export type RuleKind = 'ip' | 'user' | 'endpoint'
