import type { GuardedStore } from '../stores/guarded-store.ts'
import type { Store } from '../stores/store.ts'
import type { Policy } from './policy.ts'

/** How a store is. */
export interface StoreHealth {
  readonly ok: boolean
  /** How long the store took to answer, or to fail, in milliseconds. */
  readonly latencyMs: number
  /** What it failed with. */
  readonly error?: string
}

/** How the limiter is. */
export interface Health {
  /**
   * `healthy` if all works; `unhealthy` if some requests are denied for want of a store; `degraded` if something does not
   * work, and requests are decided all the same: counted elsewhere, or let pass, as the rules say.
   */
  readonly status: 'healthy' | 'degraded' | 'unhealthy'
  /** The store. While it has failed repeatedly, decisions leave it alone for half a second at a time. */
  readonly store: StoreHealth & { readonly isLeftAlone: boolean }
  /** The stores that rules fall back on. */
  readonly fallbacks: readonly StoreHealth[]
}

/** Asks the stores whether they can decide, each with its deadline. */
export async function healthOf(
  store: GuardedStore,
  guarded: ReadonlyMap<Store, GuardedStore>,
  policies: readonly Policy[],
): Promise<Health> {
  const named = new Set(policies.flatMap(({ fallback }) => fallback ?? []))
  const [main, ...fallbacks] = await Promise.all(
    [store, ...[...named].map((fallback) => guarded.get(fallback)!)].map(storeHealth),
  )
  const working = new Set([...named].filter((_fallback, i) => fallbacks[i]!.ok))
  const isLeftAlone = store.isLeftAlone
  const isDenying = policies.some(
    ({ onStoreError, fallback, isShadow }) =>
      !isShadow && onStoreError === 'deny' && !(fallback && working.has(fallback)),
  )
  const canCount = main!.ok && !isLeftAlone
  const isWell = canCount && fallbacks.every(({ ok }) => ok)
  return {
    status: isWell ? 'healthy' : canCount || !isDenying ? 'degraded' : 'unhealthy',
    store: { ...main!, isLeftAlone },
    fallbacks,
  }
}

async function storeHealth(store: GuardedStore): Promise<StoreHealth> {
  const asked = performance.now()
  const latencyMs = (): number => performance.now() - asked
  try {
    await store.ping()
    return { ok: true, latencyMs: latencyMs() }
  } catch (error) {
    return { ok: false, latencyMs: latencyMs(), error: textOf(error) }
  }
}

/** A store may throw anything, also what has no text. */
function textOf(error: unknown): string {
  try {
    return String(error)
  } catch {
    return 'an error that cannot be shown'
  }
}
