import type { Reporter } from '../logger.ts'
import { allOf, andThen, isPromise } from '../maybe-promise.ts'
import type { MaybePromise } from '../maybe-promise.ts'
import type { Charge } from '../stores/store.ts'
import { Caller } from './caller.ts'
import { lineUpOf } from './line-up.ts'
import type { LineUp } from './line-up.ts'
import type { Policy } from './policy.ts'
import type { QuotaSource } from './quota-source.ts'
import type { RateLimitRequest } from './request.ts'
import type { Watched } from './shadow-limits.ts'

const NONE: readonly never[] = []

/** What is to be asked of the store for a request. */
export interface Plan {
  readonly tier: string | undefined
  /** The limits to be held to, and what each would charge. */
  readonly policies: readonly Policy[]
  readonly charges: readonly Charge[]
  /** Limits whose quota nobody could tell: the request cannot be let in. */
  readonly unknown: readonly Policy[]
  /** Limits that are only watched. */
  readonly watched: Watched
}

/** What a limiter makes its plans with. */
export interface Planning {
  readonly reporter: Reporter
  readonly ipv6Subnet: number
}

/** Puts together what is to be asked, once the quotas that depend on the request are known. */
export function planFor(
  { enforced, shadows, asksForQuotas }: LineUp,
  request: RateLimitRequest,
  tier: string | undefined,
  { reporter, ipv6Subnet }: Planning,
): MaybePromise<Plan> {
  if (!asksForQuotas) return planOf(enforced, shadows, NONE, request, tier, ipv6Subnet)
  const who = { ...request, tier }
  const known = [...enforced, ...shadows].map((policy) =>
    policy.quotas ? withQuota(policy, policy.quotas, who, reporter) : policy,
  )
  return andThen(allOf(known), (found) => {
    const all = lineUpOf(found.flatMap((policy) => policy ?? []))
    const unknown = enforced.filter((_policy, i) => found[i] === undefined)
    return planOf(all.enforced, all.shadows, unknown, request, tier, ipv6Subnet)
  })
}

function planOf(
  policies: readonly Policy[],
  shadows: readonly Policy[],
  unknown: readonly Policy[],
  request: RateLimitRequest,
  tier: string | undefined,
  ipv6Subnet: number,
): Plan {
  const cost = request.cost ?? 1
  const caller = new Caller(request, ipv6Subnet)
  // Most requests have one limit. The rest is out of line, so that what a function passed to `map` takes, 100 bytes, is not paid here.
  const charges = policies.length === 1 ? [caller.chargeUnder(policies[0]!, cost)] : chargesOf(policies, caller, cost)
  return { tier, policies, charges, unknown, watched: shadows.length > 0 ? watchedOf(shadows, caller, cost) : NONE }
}

function chargesOf(policies: readonly Policy[], caller: Caller, cost: number): readonly Charge[] {
  return policies.map((policy) => caller.chargeUnder(policy, cost))
}

/** A shadow that counts by what the request does not name has nothing to watch, and must not stop it. */
function watchedOf(shadows: readonly Policy[], caller: Caller, cost: number): Watched {
  return shadows.flatMap((policy) => {
    try {
      return { policy, charge: caller.chargeUnder(policy, cost) }
    } catch {
      return []
    }
  })
}

/** The limit with its quota for this request; none if that cannot be told. */
function withQuota(
  policy: Policy,
  quotas: QuotaSource,
  request: RateLimitRequest,
  reporter: Reporter,
): MaybePromise<Policy | undefined> {
  const failed = (error: unknown): undefined => {
    const { name } = policy
    reporter.tell({ level: 'error', event: 'quota_error', subject: name, budget: 'fault' }, () => ({
      message: `The quota of the limit "${name}" is not known, and requests under it are denied: ${String(error)}`,
      policy: name,
    }))
  }
  try {
    const limit = quotas.limitFor(request)
    if (isPromise(limit)) return limit.then((value) => ({ ...policy, limit: value }), failed)
    return { ...policy, limit }
  } catch (error) {
    return failed(error)
  }
}
