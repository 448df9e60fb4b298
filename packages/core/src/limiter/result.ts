import type { Verdict } from '../algorithms/algorithm.ts'
import type { Policy } from './policy.ts'
import type { RuleKind } from './rule.ts'

/** Why a request was denied: named as the problem types of the IETF draft on RateLimit fields name it, but for the deny list. */
export type DenialReason = 'quota-exceeded' | 'temporary-reduced-capacity' | 'deny-list'

/**
 * What was done where the store did not answer in time: the request was let through uncounted, denied, or decided by a
 * fallback store.
 */
export type Degraded = 'allow' | 'deny' | 'fallback'

/** What one limit said to a request. */
export interface PolicyResult<Name extends string = string> extends Verdict {
  readonly name: Name
  readonly kind: RuleKind
  /** Units that are admitted in a window. */
  readonly quota: number
  /** Length of the window in milliseconds. */
  readonly windowMs: number
  /** What a unit is, if not a request. */
  readonly unit?: string
  /** Names whose counter it is without telling who that is: base64, if the limiter has a `partitionKeySecret`. */
  readonly partitionKey?: string
}

/** The answer to a request: that of the limit that decided it, and of all the others beside it. */
export interface RateLimitResult<Name extends string = string> {
  /** Whether every limit admits the request. If not, none has been charged. */
  readonly allowed: boolean
  /** Why not, if not. */
  readonly reason: DenialReason | undefined
  /**
   * The limit that decided: of those that deny, the one with the longest wait; if none does, the one with the least
   * left. `undefined` if no limit was asked.
   */
  readonly policy: Name | undefined
  /** The most that this limit admits at once. `Infinity` if no limit was asked. */
  readonly limit: number
  /** What is left of it now. `Infinity` if no limit was asked. */
  readonly remaining: number
  /** Milliseconds until the same request is admitted, if nobody else asks. `Infinity` if its cost can never fit. */
  readonly retryAfterMs: number
  /** Milliseconds until this limit is wholly available again. */
  readonly resetAfterMs: number
  /** The tier that the user was held to, if one was known. */
  readonly tier: string | undefined
  /** What was done instead, if the store did not answer; `undefined` if it did. */
  readonly degraded: Degraded | undefined
  /** What every limit that was asked has said, in the order address, user, endpoint. */
  readonly policies: readonly PolicyResult<Name>[]
  /** What the limits in shadow mode would have decided, each alone. One whose store failed is left out. */
  readonly shadows: readonly PolicyResult[]
}

/** Puts the verdicts on a request together. */
export function resultOf<Name extends string>(
  policies: readonly Policy[],
  verdicts: readonly Verdict[],
  tier: string | undefined,
  degraded?: Degraded,
  partitionKeys?: readonly string[],
): RateLimitResult<Name> {
  // As in `planOf`: nothing is made here for what few requests need.
  const results =
    policies.length === 1
      ? [policyResult<Name>(policies[0]!, verdicts[0]!, partitionKeys?.[0])]
      : resultsOf<Name>(policies, verdicts, partitionKeys)
  const decisive = decisivePolicy(results)
  const { allowed, limit, remaining, retryAfterMs, resetAfterMs } = decisive ?? UNLIMITED
  return {
    allowed,
    reason: allowed ? undefined : degraded === 'deny' ? 'temporary-reduced-capacity' : 'quota-exceeded',
    policy: decisive?.name,
    limit,
    remaining,
    retryAfterMs,
    resetAfterMs,
    tier,
    degraded,
    policies: results,
    shadows: NONE,
  }
}

function resultsOf<Name extends string>(
  policies: readonly Policy[],
  verdicts: readonly Verdict[],
  partitionKeys: readonly string[] | undefined,
): readonly PolicyResult<Name>[] {
  return policies.map((policy, i) => policyResult(policy, verdicts[i]!, partitionKeys?.[i]))
}

/** A verdict, and which limit said it. */
export function policyResult<Name extends string>(
  policy: Policy,
  verdict: Verdict,
  partitionKey?: string,
): PolicyResult<Name> {
  const { name, kind, unit } = policy
  const { quota, windowMs } = policy.limit
  const { allowed, limit, remaining, retryAfterMs, resetAfterMs, at } = verdict
  if (at !== undefined && unit === undefined && partitionKey === undefined) {
    // As nearly all are: made in one go, in much less time than spreading takes.
    return { name: name as Name, kind, quota, windowMs, allowed, limit, remaining, retryAfterMs, resetAfterMs, at }
  }
  return {
    name: name as Name,
    kind,
    quota,
    windowMs,
    ...(unit !== undefined && { unit }),
    ...(partitionKey !== undefined && { partitionKey }),
    ...verdict,
  }
}

/**
 * Of the limits that deny, the one with the longest wait, since that is how long all of them need. If none denies, the
 * one with the least left; between equals, the one that takes longest to be full again.
 */
export function decisivePolicy<Name extends string>(
  results: readonly PolicyResult<Name>[],
): PolicyResult<Name> | undefined {
  let decisive = results[0]
  for (let i = 1; i < results.length; i++) if (isTighter(results[i]!, decisive!)) decisive = results[i]
  return decisive
}

function isTighter(a: Verdict, b: Verdict): boolean {
  if (a.allowed !== b.allowed) return b.allowed
  if (a.retryAfterMs !== b.retryAfterMs) return a.retryAfterMs > b.retryAfterMs
  if (a.remaining !== b.remaining) return a.remaining < b.remaining
  return a.resetAfterMs > b.resetAfterMs
}

/** Answers for somebody who is on a list: let in, or denied, by no limit at all. */
export function listedResult<Name extends string>(list: 'allow' | 'deny'): RateLimitResult<Name> {
  const result = resultOf<Name>([], [], undefined)
  if (list === 'allow') return result
  return {
    ...result,
    allowed: false,
    reason: 'deny-list',
    limit: 0,
    remaining: 0,
    retryAfterMs: Infinity,
    resetAfterMs: Infinity,
  }
}

/** What listeners are shown: nothing that they do to it reaches the caller. */
export function frozenCopyOf(result: RateLimitResult): RateLimitResult {
  const copyOf = (all: readonly PolicyResult[]): readonly PolicyResult[] =>
    Object.freeze(all.map((one) => Object.freeze({ ...one })))
  return Object.freeze({ ...result, policies: copyOf(result.policies), shadows: copyOf(result.shadows) })
}

const NONE: readonly never[] = []
const UNLIMITED: Verdict = { allowed: true, limit: Infinity, remaining: Infinity, retryAfterMs: 0, resetAfterMs: 0 }
