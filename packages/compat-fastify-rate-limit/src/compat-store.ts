import { ConfigError, HitCounter } from '@rl/core'
import type { HitCounterOptions, Hits, MaybePromise, Store } from '@rl/core'

/** How it asks its store. */
export type CompatStoreOptions = HitCounterOptions

/** Is told how often a client has asked in its window, and in how many milliseconds that ends. */
export type HitCallback = (error: Error | null, result?: { current: number; ttl: number }) => void

/** What @fastify/rate-limit asks of a store. */
export interface CompatStore {
  incr(key: string | number, callback: HitCallback, timeWindow: number, max?: number): void
  read(key: string | number, callback: HitCallback, timeWindow: number, max?: number): void
  child(params: object): CompatStore
}

/** What its `store` option wants: not a store, but what makes one. */
export type CompatStoreClass = new (params?: object) => CompatStore

/** What @fastify/rate-limit tells a store of the plugin or the route it is for. Its types say less. */
interface Params {
  readonly continueExceeding?: boolean
  readonly exponentialBackoff?: boolean
  readonly routeInfo?: { readonly method?: string | readonly string[]; readonly url?: string }
}

/**
 * A store of ours as @fastify/rate-limit wants one. As there, a route with a limit of its own counts for itself.
 *
 * @param store Where to count: a `RedisStore`, `SqliteStore`, `MemoryStore`, or your own.
 * @throws {ConfigError} `RL_INVALID_OPTION`, `RL_UNKNOWN_OPTION`; also where the plugin is registered, or a route is
 * declared, with `continueExceeding` or `exponentialBackoff`.
 *
 * @example
 * ```ts
 * import rateLimit from '@fastify/rate-limit'
 * import { compatStore } from '@rl/compat-fastify-rate-limit'
 * import { SqliteStore } from '@rl/store-sqlite'
 * import { fastify } from 'fastify'
 *
 * const app = fastify()
 * const store = compatStore(new SqliteStore({ path: 'rate-limits.db' }))
 * await app.register(rateLimit, { max: 100, timeWindow: '1 minute', store })
 * ```
 */
export function compatStore(store: Store, options: CompatStoreOptions = {}): CompatStoreClass {
  const counter = new HitCounter(store, options)
  let withoutRoute = 0

  function storeFor(place: string, params: Params): CompatStore {
    refuseRenewal(params)
    return {
      incr: (key, callback, timeWindow) => void tell(callback, () => counter.hit(keyIn(place, key), timeWindow)),
      read: (key, callback, timeWindow) => void tell(callback, () => counter.read(keyIn(place, key), timeWindow)),
      child(childParams: Params) {
        const { method, url } = childParams.routeInfo ?? {}
        // What `createRateLimit` makes: its count is found again by the order, which is the same in all processes.
        const childPlace = url === undefined ? `#${(withoutRoute += 1)}` : `${String(method)}${url}`
        // The first space ends it, so that no client can call itself by another route.
        return storeFor(childPlace.replaceAll(' ', '%20'), childParams)
      },
    }
  }

  return function CompatStore(params: Params = {}) {
    return storeFor('', params)
  } as unknown as CompatStoreClass
}

/** What says nobody is left to the counter to refuse. */
function keyIn(place: string, key: string | number): string | number {
  return typeof key === 'string' || Number.isFinite(key) ? `${place} ${key}` : key
}

async function tell(callback: HitCallback, ask: () => MaybePromise<Hits>): Promise<void> {
  let found: Hits
  try {
    found = await ask()
  } catch (error) {
    callback(error as Error)
    return
  }
  callback(null, { current: found.hits, ttl: found.resetAfterMs })
}

/** A window of ours ends when it says, however often a client asks meanwhile. */
function refuseRenewal(params: Params): void {
  for (const option of ['continueExceeding', 'exponentialBackoff'] as const) {
    if (params[option]) {
      throw new ConfigError('RL_INVALID_OPTION', `Expected no \`${option}\`, which stores of @rl cannot do, got true`)
    }
  }
}
