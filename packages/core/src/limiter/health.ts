import type { MaybePromise } from '../maybe-promise.ts'

/** How the limiter is. */
export interface Health {
  readonly status: 'healthy' | 'unhealthy'
  readonly store: {
    readonly ok: boolean
    /** How long the store took to answer, or to fail, in milliseconds. */
    readonly latencyMs: number
    /** What it failed with. */
    readonly error?: string
  }
}

/** Asks a store whether it can decide. */
export async function storeHealth(store: { ping(): MaybePromise<void> }): Promise<Health> {
  const asked = performance.now()
  const latencyMs = (): number => performance.now() - asked
  try {
    await store.ping()
    return { status: 'healthy', store: { ok: true, latencyMs: latencyMs() } }
  } catch (error) {
    return { status: 'unhealthy', store: { ok: false, latencyMs: latencyMs(), error: String(error) } }
  }
}
