import type { Verdict } from '../algorithms/algorithm.ts'
import { allOf, andThen, isPromise } from '../maybe-promise.ts'
import type { MaybePromise } from '../maybe-promise.ts'
import type { GuardedStore } from '../stores/guarded-store.ts'
import type { Charge } from '../stores/store.ts'
import type { Policy } from './policy.ts'
import { policyResult } from './result.ts'
import type { PolicyResult } from './result.ts'
import type { Ledger } from './reservation.ts'

/** Limits that are only watched, and what each would charge. */
export type Watched = readonly { readonly policy: Policy; readonly charge: Charge }[]

const NOTHING: readonly PolicyResult[] = []

/**
 * Asks limits in shadow mode, each on its own. Whatever goes wrong is left out of the answer: a shadow decides nothing. The
 * breaker is one of its own, so that failing shadows do not take the store away from the limits that are enforced.
 */
export class ShadowLimits {
  readonly #store: GuardedStore

  constructor(store: GuardedStore) {
    this.#store = store
  }

  ask(verb: 'consume' | 'peek', watched: Watched, ledger?: Ledger): MaybePromise<readonly PolicyResult[]> {
    if (watched.length === 0) return NOTHING
    const answers = watched.map(({ policy, charge }) => this.#askOne(verb, policy, charge, ledger))
    return andThen(allOf(answers), (results) => results.flatMap((result) => result ?? []))
  }

  async refund(watched: Watched): Promise<void> {
    await Promise.allSettled(watched.map(async ({ charge }) => this.#store.refund([charge])))
  }

  #askOne(
    verb: 'consume' | 'peek',
    policy: Policy,
    charge: Charge,
    ledger: Ledger | undefined,
  ): MaybePromise<PolicyResult | undefined> {
    const answered = (verdicts: readonly Verdict[]): PolicyResult => {
      if (verdicts[0]!.allowed) ledger?.add({ store: this.#store, charges: [charge], verdicts })
      return policyResult(policy, verdicts[0]!)
    }
    try {
      const verdicts = this.#store[verb]([charge])
      return isPromise(verdicts) ? verdicts.then(answered, () => undefined) : answered(verdicts)
    } catch {
      return undefined
    }
  }
}
