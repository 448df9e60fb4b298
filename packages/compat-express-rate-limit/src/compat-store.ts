import { checkCharge, ConfigError, HitCounter, StoreError } from '@rl/core'
import type { HitCounterOptions, Hits, Receipt, Store } from '@rl/core'
import { LRUCache } from 'lru-cache'

/** How it asks its store. */
export type CompatStoreOptions = HitCounterOptions

/** What a store is told of the limiter that uses it, as far as it matters here. */
export interface LimiterConfig {
  readonly windowMs: number
  readonly skipFailedRequests?: boolean
  readonly skipSuccessfulRequests?: boolean
}

/** How often a client has asked in its window, and when that ends by the clock of this machine. */
export interface HitCount {
  readonly totalHits: number
  readonly resetTime: Date
}

/** What express-rate-limit asks of a store; hono-rate-limiter and express-slow-down ask the same. */
export interface CompatStore {
  readonly prefix: string
  readonly localKeys: false
  init(config: LimiterConfig): void
  get(key: string): Promise<HitCount | undefined>
  increment(key: string): Promise<HitCount>
  decrement(key: string): Promise<void>
  resetKey(key: string): Promise<void>
  /** Closes the store of ours beneath, but no client that it was given. */
  shutdown(): Promise<void>
}

const REMEMBERED_KEYS = 10_000
const places = new WeakMap<Store, string>()
let placeCount = 0

/**
 * A store of ours as express-rate-limit wants one. Every limiter needs one for itself, and a `prefix` if several limit the
 * same requests in the same place.
 *
 * @param store Where to count: a `RedisStore`, `SqliteStore`, `MemoryStore`, or your own.
 * @throws {ConfigError} `RL_INVALID_OPTION`, `RL_UNKNOWN_OPTION`
 *
 * @example
 * ```ts
 * import { compatStore } from '@rl/compat-express-rate-limit'
 * import { SqliteStore } from '@rl/store-sqlite'
 * import { rateLimit } from 'express-rate-limit'
 *
 * const store = compatStore(new SqliteStore({ path: 'rate-limits.db' }))
 * const middleware = rateLimit({ limit: 100, windowMs: 60_000, store })
 * ```
 */
export function compatStore(store: Store, options: CompatStoreOptions = {}): CompatStore {
  return new HitStore(store, options)
}

class HitStore implements CompatStore {
  /** What express-rate-limit tells apart where requests are counted by: two limiters in one place would count twice. */
  readonly prefix: string
  readonly localKeys = false
  readonly #counter: HitCounter
  #windowMs = Number.NaN
  #receipts: LRUCache<string, Receipt> | undefined

  constructor(store: Store, options: CompatStoreOptions) {
    this.#counter = new HitCounter(store, options)
    this.prefix = `${placeOf(store)} ${options.prefix ?? ''}|`
  }

  init({ windowMs, skipFailedRequests = false, skipSuccessfulRequests = false }: LimiterConfig): void {
    if (windowMs !== this.#windowMs && !Number.isNaN(this.#windowMs)) {
      throw new ConfigError(
        'RL_INVALID_OPTION',
        'Expected a store for each limiter, got one that counts in another window already',
      )
    }
    this.#windowMs = windowMs
    if (skipFailedRequests || skipSuccessfulRequests) this.#receipts = new LRUCache({ max: REMEMBERED_KEYS })
    checkCharge({ key: '', limit: { algorithm: 'fixed-window', quota: 0, windowMs }, cost: 0 })
  }

  async get(key: string): Promise<HitCount | undefined> {
    const found = await this.#counter.read(key, this.#windowMs)
    return found.hits === 0 ? undefined : countOf(found)
  }

  async increment(key: string): Promise<HitCount> {
    const counted = await this.#counter.hit(key, this.#windowMs)
    if (counted.receipt) this.#receipts?.set(key, counted.receipt)
    return countOf(counted)
  }

  /**
   * Which of a client's requests it is, nobody says. While its window lasts, which express-rate-limit sees to, it is of
   * the one that this process has charged last. What the store fails to give back stays counted: the request has been served.
   */
  async decrement(key: string): Promise<void> {
    try {
      await this.#counter.giveBack(key, this.#windowMs, this.#receipts?.get(key))
    } catch (error) {
      if (!(error instanceof StoreError)) throw error
    }
  }

  async resetKey(key: string): Promise<void> {
    await this.#counter.reset(key)
  }

  async shutdown(): Promise<void> {
    await this.#counter.close()
  }
}

/** By the clock of this machine, which express-rate-limit reads too, and not by the store's, which may be another. */
function countOf({ hits, resetAfterMs }: Hits): HitCount {
  return { totalHits: hits, resetTime: new Date(Date.now() + resetAfterMs) }
}

/** Names where a store keeps its counts: stores with the same prefix may share a server, others have a place for themselves. */
function placeOf(store: Store): string {
  if (store.prefix !== undefined) return `shared ${store.prefix}`
  const place = places.get(store) ?? `own ${(placeCount += 1)}`
  places.set(store, place)
  return place
}
