import type { Degraded, DenialReason, RateLimitResult } from './result.ts'

/** What has become of the requests that a limit was asked about. */
export interface Tally {
  /** Admitted, and charged to it. */
  readonly allowed: number
  /** Denied by it, since it was spent. */
  readonly denied: number
  /** Denied by it, since it could not be counted. */
  readonly unavailable: number
}

/** What a limiter has decided since it was built: the same that its events tell, counted. */
export interface LimiterStats {
  /** Requests that were admitted. */
  readonly allowed: number
  /** Requests that were denied, by reason. */
  readonly denied: Readonly<Record<DenialReason, number>>
  /** Requests that were decided without the store, by what was done instead. */
  readonly degraded: Readonly<Record<Degraded, number>>
  /**
   * By limit, for those that were asked. A request that only other limits denied is in none of its numbers.
   */
  readonly policies: Readonly<Record<string, Tally>>
  /** By limit in shadow mode: what it would have decided. */
  readonly shadows: Readonly<Record<string, Tally>>
  /** How many keys the store holds, if it can tell without being asked over a network. */
  readonly keys: number | undefined
}

type Counts<Name extends string> = Record<Name, number>
type Counting = { -readonly [Outcome in keyof Tally]: number }

/** Tallies by the name of a limit. */
class Tallies {
  readonly #all = new Map<string, Counting>()
  /** The one that was asked for last, and mostly is asked for again: to look it up takes 0.7 % of a small server's time (Node 24). */
  #lastName: string | undefined
  #last: Counting | undefined

  of(name: string): Counting {
    if (this.#last && this.#lastName === name) return this.#last
    const tally = this.#all.get(name) ?? { allowed: 0, denied: 0, unavailable: 0 }
    this.#all.set(name, tally)
    this.#lastName = name
    this.#last = tally
    return tally
  }

  snapshot(): Readonly<Record<string, Tally>> {
    return Object.fromEntries([...this.#all].map(([name, tally]) => [name, { ...tally }]))
  }
}

/** Counts decisions. The names of limits are those of the rules: a table of them is bounded. */
export class DecisionCounter {
  #allowed = 0
  readonly #denied: Counts<DenialReason> = { 'quota-exceeded': 0, 'temporary-reduced-capacity': 0, 'deny-list': 0 }
  readonly #degraded: Counts<Degraded> = { allow: 0, deny: 0, fallback: 0 }
  readonly #policies = new Tallies()
  readonly #shadows = new Tallies()

  count({ allowed, reason, degraded, policies, shadows }: RateLimitResult): void {
    if (reason === undefined) this.#allowed += 1
    else this.#denied[reason] += 1
    if (degraded !== undefined) this.#degraded[degraded] += 1
    const denial = degraded === 'deny' ? 'unavailable' : 'denied'
    for (const verdict of policies) {
      if (!verdict.allowed) this.#policies.of(verdict.name)[denial] += 1
      else if (allowed) this.#policies.of(verdict.name).allowed += 1
    }
    for (const verdict of shadows) this.#shadows.of(verdict.name)[verdict.allowed ? 'allowed' : 'denied'] += 1
  }

  snapshot(): Omit<LimiterStats, 'keys'> {
    return {
      allowed: this.#allowed,
      denied: { ...this.#denied },
      degraded: { ...this.#degraded },
      policies: this.#policies.snapshot(),
      shadows: this.#shadows.snapshot(),
    }
  }
}
