import type { LogOptions } from '../logger.ts'
import type { MaybePromise } from '../maybe-promise.ts'
import type { Store } from '../stores/store.ts'
import type { AccessOptions } from './access-lists.ts'
import type { RateLimitRequest } from './request.ts'
import type { Rules } from './rule-set.ts'

/** What a limiter is made of. */
export interface RateLimiterOptions<Tier extends string = string, Endpoint extends string = string>
  extends Rules<Tier, Endpoint>, AccessOptions, LogOptions {
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
  /** Makes `partitionKey`s for the header fields that carry one: a text of at least 16 characters. @default none are made */
  readonly partitionKeySecret?: string
  /** How many leading bits of an IPv6 address tell clients apart. @default 64 */
  readonly ipv6Subnet?: number
}

/** The options that `update` can change. */
export const CHANGEABLE_OPTIONS = {
  ip: true,
  tiers: true,
  defaultTier: true,
  endpoints: true,
  onStoreError: true,
  fallback: true,
} as const satisfies Record<Exclude<keyof Rules, 'namespace'>, true>

/** All of them, to tell a misspelt one. */
export const RATE_LIMITER_OPTIONS = {
  ...CHANGEABLE_OPTIONS,
  namespace: true,
  store: true,
  tierOf: true,
  timeoutMs: true,
  logger: true,
  logLevel: true,
  addressSecret: true,
  partitionKeySecret: true,
  ipv6Subnet: true,
  allow: true,
  deny: true,
} as const satisfies Record<keyof RateLimiterOptions, true>
