import { ConfigError, shown } from '../errors.ts'
import type { RateLimitRequest } from '../limiter/request.ts'
import type { RateLimitResult } from '../limiter/result.ts'
import type { MaybePromise } from '../maybe-promise.ts'
import { checkFunction } from '../options.ts'
import type { DosOption } from './attack-gate.ts'
import { checkHeaderFormats, checkRetryJitter } from './rate-limit-headers.ts'
import type { HeaderFormat } from './rate-limit-headers.ts'
import type { OwnAnswer, RateLimitAnswer } from './rate-limit-answer.ts'

/** What the application knows of a request that the framework does not. */
export type Identity = Pick<RateLimitRequest, 'ip' | 'userId' | 'tier'>

/** How requests of one framework are limited. `Incoming` is what the framework calls a request. */
export interface RequestOptions<Incoming> {
  /** Who is asking, where that is more than an address. */
  readonly identify?: (incoming: Incoming) => MaybePromise<Identity | undefined>
  /** How many units a request costs, a whole number. @default 1 */
  readonly cost?: number | ((incoming: Incoming) => MaybePromise<number>)
  /** Lets requests past that are not to be limited at all, nor counted by the guard of `dos`, such as health checks. */
  readonly skip?: (incoming: Incoming) => MaybePromise<boolean>
  /**
   * Which requests count: all, or only those whose answer is a failure (a status of 400 or more, or a client that went
   * away) or a success. Each is charged before it is served, and given back if it turns out not to count.
   *
   * @default 'all'
   */
  readonly count?: 'all' | 'failures' | 'successes'
  /** The header fields to send, by the drafts that describe them; none, not even `Retry-After`, if empty. @default ['legacy', 'draft-11'] */
  readonly headers?: readonly HeaderFormat[]
  /** Adds up to so many milliseconds to `Retry-After`, at random, so that clients do not all come back at once. @default 0 */
  readonly retryJitterMs?: number
  /** What to tell a client that is denied: the `detail` of the problem, and the whole of an answer in plain text. */
  readonly message?: string | ((result: RateLimitResult, incoming: Incoming) => MaybePromise<string>)
  /**
   * Keeps attackers out before anything but `skip` is asked (429, `abnormal-usage-detected`): a guard, what one is made of, or
   * `true` for the defaults. It counts by the address that the framework trusts, whatever `identify` says: behind a proxy
   * that is not trusted, all clients are one source. Pass a `DosGuard` to see its bans, and to forgive.
   *
   * @default false
   */
  readonly dos?: DosOption
  /** Hears of every denial, and may answer something else in its place. */
  readonly onDenied?: (answer: RateLimitAnswer, incoming: Incoming) => MaybePromise<OwnAnswer | undefined | void>
}

export const REQUEST_OPTIONS = {
  identify: true,
  cost: true,
  skip: true,
  count: true,
  headers: true,
  retryJitterMs: true,
  message: true,
  dos: true,
  onDenied: true,
} as const satisfies Record<keyof RequestOptions<never>, true>
const COUNTS = ['all', 'failures', 'successes'] as const
/** @throws {ConfigError} `RL_INVALID_OPTION` */
export function checkRequestOptions(options: RequestOptions<never>): void {
  const { identify, cost, skip, count, headers, retryJitterMs, message, onDenied } = options
  checkFunction('identify', identify)
  checkFunction('skip', skip)
  checkFunction('onDenied', onDenied)
  if (cost !== undefined) checkCostOption(cost)
  if (headers !== undefined) checkHeaderFormats(headers)
  if (count !== undefined && !COUNTS.includes(count)) refuse('count', `one of ${COUNTS.join(', ')}`, count)
  if (retryJitterMs !== undefined) checkRetryJitter(retryJitterMs)
  if (message !== undefined && typeof message !== 'string' && typeof message !== 'function') {
    refuse('message', 'a text or a function', message)
  }
}

function checkCostOption(cost: unknown): void {
  const isCost = typeof cost === 'function' || (Number.isSafeInteger(cost) && (cost as number) >= 0)
  if (!isCost) refuse('cost', 'a whole number of at least 0, or a function', cost)
}

function refuse(option: string, expected: string, value: unknown): never {
  throw new ConfigError('RL_INVALID_OPTION', `Expected \`${option}\` to be ${expected}, got ${shown(value)}`)
}
