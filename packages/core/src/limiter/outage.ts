import type { Verdict } from '../algorithms/algorithm.ts'
import { algorithmOf } from '../algorithms/algorithms.ts'
import { GuardedStore, isCallersOwn } from '../stores/guarded-store.ts'
import type { Charge, Store } from '../stores/store.ts'
import type { Policy } from './policy.ts'
import type { Degraded } from './result.ts'

/** What a request comes to where the store did not answer. */
export interface OutageDecision {
  readonly degraded: Degraded
  /** The limits that have been asked elsewhere, or deny; those that let pass uncounted are left out. */
  readonly policies: readonly Policy[]
  readonly verdicts: readonly Verdict[]
  /** The charges that the store must not keep, should it turn out to have made them after all. */
  readonly notOwed: readonly Charge[]
}

type Asked = readonly { readonly policy: Policy; readonly charge: Charge }[]

/** Decides requests that the store could not: by the rules' fallback stores, or as their `onStoreError` says. */
export class OutagePlan {
  readonly #fallbacks: ReadonlyMap<Store, GuardedStore>

  /** @param fallbacks All that the rules name. */
  constructor(fallbacks: Iterable<Store>, timeoutMs: number) {
    this.#fallbacks = new Map(Array.from(fallbacks, (store) => [store, new GuardedStore(store, timeoutMs)]))
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
    })
    const strict = all.filter(({ policy }) => !policy.fallback && policy.onStoreError === 'deny')
    if (strict.length > 0) return denied(strict)

    const counted: { store: GuardedStore; asked: Asked; verdicts: readonly Verdict[] }[] = []
    const failed: { store: GuardedStore; asked: Asked; error: unknown }[] = []
    const giveBack = async (): Promise<void> => {
      if (verb === 'peek') return
      for (const { store, asked, error } of failed) void store.giveBackLate(error, chargesOf(asked))
      await Promise.allSettled(counted.map(async ({ store, asked }) => store.refund(chargesOf(asked))))
    }
    for (const [fallback, store] of this.#fallbacks) {
      const asked = all.filter(({ policy }) => policy.fallback === fallback)
      if (asked.length === 0) continue
      try {
        const verdicts = await store[verb](chargesOf(asked))
        if (verdicts.every(({ allowed }) => allowed)) counted.push({ store, asked, verdicts })
        else {
          await giveBack()
          return { degraded: 'fallback', policies: policiesOf(asked), verdicts, notOwed: charges }
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

function outageVerdict({ limit }: Policy, retryAfterMs: number): Verdict {
  return {
    allowed: false,
    limit: algorithmOf(limit).capacity(limit),
    remaining: 0,
    retryAfterMs,
    resetAfterMs: retryAfterMs,
  }
}
