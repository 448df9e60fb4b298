import type { Verdict } from '../algorithms/algorithm.ts'
import { algorithmOf } from '../algorithms/algorithms.ts'
import { isCallersOwn, withReceipts } from '../stores/guarded-store.ts'
import type { GuardedStore } from '../stores/guarded-store.ts'
import type { Charge, Store } from '../stores/store.ts'
import type { Policy } from './policy.ts'
import type { Spending } from './reservation.ts'
import type { Degraded } from './result.ts'

/** What a request comes to where the store did not answer. */
export interface OutageDecision {
  readonly degraded: Degraded
  /** The limits that have been asked elsewhere, or deny; those that let pass uncounted are left out. */
  readonly policies: readonly Policy[]
  readonly verdicts: readonly Verdict[]
  /** The charges that the store must not keep, should it turn out to have made them after all. */
  readonly notOwed: readonly Charge[]
  /** What fallback stores have charged. */
  readonly spent: readonly Spending[]
}

type Asked = readonly { readonly policy: Policy; readonly charge: Charge }[]

/** Decides requests that the store could not: by the rules' fallback stores, or as their `onStoreError` says. */
export class OutageDecider {
  readonly #fallbacks = new Map<Store, GuardedStore>()
  readonly #guard: (fallback: Store) => GuardedStore

  constructor(guard: (fallback: Store) => GuardedStore) {
    this.#guard = guard
  }

  get fallbacks(): ReadonlyMap<Store, GuardedStore> {
    return this.#fallbacks
  }

  /** Gets to know the stores that rules fall back on. Those known before stay so: a decision under way may need them yet. */
  add(fallbacks: Iterable<Store>): void {
    for (const store of fallbacks) {
      if (!this.#fallbacks.has(store)) this.#fallbacks.set(store, this.#guard(store))
    }
  }

  /** @param retryAfterMs When the store will be asked again, for those whom only it could let in. */
  async decide(
    verb: 'consume' | 'peek',
    policies: readonly Policy[],
    charges: readonly Charge[],
    retryAfterMs: number,
  ): Promise<OutageDecision> {
    const all = policies.map((policy, i) => ({ policy, charge: charges[i]! }))
    const denied = (asked: Asked): OutageDecision => ({
      degraded: 'deny',
      policies: policiesOf(asked),
      verdicts: asked.map(({ policy }) => outageVerdict(policy, retryAfterMs)),
      notOwed: charges,
      spent: [],
    })
    const strict = all.filter(({ policy }) => !policy.fallback && policy.onStoreError === 'deny')
    if (strict.length > 0) return denied(strict)

    const counted: { store: GuardedStore; asked: Asked; verdicts: readonly Verdict[] }[] = []
    const failed: { store: GuardedStore; asked: Asked; error: unknown }[] = []
    const giveBack = async (): Promise<void> => {
      if (verb === 'peek') return
      for (const { store, asked, error } of failed) void store.giveBackLate(error, chargesOf(asked))
      await Promise.allSettled(
        counted.map(async ({ store, asked, verdicts }) => store.refund(withReceipts(chargesOf(asked), verdicts))),
      )
    }
    for (const [fallback, store] of this.#fallbacks) {
      const asked = all.filter(({ policy }) => policy.fallback === fallback)
      if (asked.length === 0) continue
      try {
        const verdicts = await store[verb](chargesOf(asked))
        if (verdicts.every(({ allowed }) => allowed)) counted.push({ store, asked, verdicts })
        else {
          await giveBack()
          return { degraded: 'fallback', policies: policiesOf(asked), verdicts, notOwed: charges, spent: [] }
        }
      } catch (error) {
        if (isCallersOwn(error)) throw error
        failed.push({ store, asked, error })
        const unforgiving = asked.filter(({ policy }) => policy.onStoreError === 'deny')
        if (unforgiving.length === 0) continue
        await giveBack()
        return denied(unforgiving)
      }
    }
    return {
      degraded: counted.length > 0 ? 'fallback' : 'allow',
      policies: counted.flatMap(({ asked }) => policiesOf(asked)),
      verdicts: counted.flatMap(({ verdicts }) => verdicts),
      notOwed: counted.flatMap(({ asked }) => chargesOf(asked)),
      spent: counted.map(({ store, asked, verdicts }) => ({ store, charges: chargesOf(asked), verdicts })),
    }
  }

  async close(): Promise<void> {
    for (const fallback of this.#fallbacks.keys()) await fallback.close()
  }
}

function policiesOf(asked: Asked): Policy[] {
  return asked.map(({ policy }) => policy)
}

function chargesOf(asked: Asked): Charge[] {
  return asked.map(({ charge }) => charge)
}

/** A denial by a limit that cannot be counted now. */
export function outageVerdict({ limit }: Policy, retryAfterMs: number): Verdict {
  return {
    allowed: false,
    limit: algorithmOf(limit).capacity(limit),
    remaining: 0,
    retryAfterMs,
    resetAfterMs: retryAfterMs,
  }
}
