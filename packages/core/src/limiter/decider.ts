import type { Verdict } from '../algorithms/algorithm.ts'
import type { Emitter } from '../events.ts'
import type { HashedName } from '../hashed-name.ts'
import { andThen } from '../maybe-promise.ts'
import type { MaybePromise } from '../maybe-promise.ts'
import { GuardedStore, isCallersOwn } from '../stores/guarded-store.ts'
import type { Store } from '../stores/store.ts'
import { healthOf } from './health.ts'
import type { Health } from './health.ts'
import type { LimiterEvents } from './limiter-events.ts'
import { OutageDecider, outageVerdict } from './outage.ts'
import type { Plan } from './plan.ts'
import type { Policy } from './policy.ts'
import type { Ledger } from './reservation.ts'
import { resultOf } from './result.ts'
import type { RateLimitResult } from './result.ts'
import { ShadowLimits } from './shadow-limits.ts'

type Verb = 'consume' | 'peek'

/** Asks the store what a plan wants to know, and decides without it where it does not answer. */
export class Decider {
  readonly #store: GuardedStore
  readonly #shadows: ShadowLimits
  readonly #outage: OutageDecider
  readonly #partitionKeyOf: HashedName | undefined

  constructor(store: Store, timeoutMs: number, events: Emitter<LimiterEvents>, partitionKeyOf?: HashedName) {
    this.#store = new GuardedStore(store, timeoutMs, { role: 'main', events })
    this.#shadows = new ShadowLimits(new GuardedStore(store, timeoutMs, { role: 'shadow', events }))
    this.#outage = new OutageDecider((fallback) => new GuardedStore(fallback, timeoutMs, { role: 'fallback', events }))
    this.#partitionKeyOf = partitionKeyOf
  }

  /** How many keys the store holds, if it can tell. */
  get keys(): number | undefined {
    return this.#store.size
  }

  /** Gets to know the stores that rules fall back on. */
  addFallbacks(fallbacks: Iterable<Store>): void {
    this.#outage.add(fallbacks)
  }

  /** @param ledger Gets to know what has been charged. */
  ask(verb: Verb, plan: Plan, ledger?: Ledger): MaybePromise<RateLimitResult> {
    const decided = this.#askEnforced(verb, plan, ledger)
    if (plan.watched.length === 0) return decided
    // Both are under way by now, and travel together.
    const shadows = this.#shadows.ask(verb, plan.watched, ledger)
    return andThen(decided, (result) => andThen(shadows, (seen): RateLimitResult => ({ ...result, shadows: seen })))
  }

  async refund({ charges, watched }: Plan): Promise<void> {
    await this.#shadows.refund(watched)
    if (charges.length > 0) await this.#store.refund(charges)
  }

  async reset(key: string): Promise<void> {
    await this.#store.reset(key)
  }

  /** @param policies All limits that there are. */
  health(policies: readonly Policy[]): Promise<Health> {
    return healthOf(this.#store, this.#outage.fallbacks, policies)
  }

  async close(): Promise<void> {
    await this.#store.close()
    await this.#outage.close()
  }

  #askEnforced(verb: Verb, plan: Plan, ledger: Ledger | undefined): MaybePromise<RateLimitResult> {
    const { charges, unknown, tier } = plan
    if (unknown.length > 0) {
      const denials = unknown.map((policy) => outageVerdict(policy, this.#store.retryAfterMs))
      return resultOf(unknown, denials, tier, 'deny')
    }
    if (charges.length === 0) return resultOf([], [], tier)
    try {
      const verdicts = verb === 'consume' ? this.#store.consume(charges) : this.#store.peek(charges)
      if (!(verdicts instanceof Promise)) return this.#answered(plan, verdicts, ledger)
      return verdicts.then(
        (given) => this.#answered(plan, given, ledger),
        (error: unknown) => this.#askElsewhere(verb, plan, ledger, error),
      )
    } catch (error) {
      if (isCallersOwn(error)) throw error
      return this.#askElsewhere(verb, plan, ledger, error)
    }
  }

  #answered({ policies, charges, tier }: Plan, verdicts: readonly Verdict[], ledger?: Ledger): RateLimitResult {
    const partitionKeyOf = this.#partitionKeyOf
    const partitionKeys = partitionKeyOf && charges.map(({ key }) => partitionKeyOf(key))
    const result = resultOf(policies, verdicts, tier, undefined, partitionKeys)
    if (result.allowed) ledger?.add({ store: this.#store, charges, verdicts })
    return result
  }

  async #askElsewhere(
    verb: Verb,
    { policies, charges, tier }: Plan,
    ledger: Ledger | undefined,
    error: unknown,
  ): Promise<RateLimitResult> {
    if (isCallersOwn(error)) throw error
    const decision = await this.#outage.decide(verb, policies, charges, this.#store.retryAfterMs)
    if (verb === 'consume') void this.#store.giveBackLate(error, decision.notOwed)
    for (const spending of decision.spent) ledger?.add(spending)
    return resultOf(decision.policies, decision.verdicts, tier, decision.degraded)
  }
}
