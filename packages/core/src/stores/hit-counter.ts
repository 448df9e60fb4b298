import type { Receipt, Verdict } from '../algorithms/algorithm.ts'
import { ConfigError, shown } from '../errors.ts'
import type { Limit } from '../limits/limit.ts'
import { andThen } from '../maybe-promise.ts'
import type { MaybePromise } from '../maybe-promise.ts'
import { checkOptions } from '../options.ts'
import { checkStore } from './check-store.ts'
import { checkedTimeout, GuardedStore } from './guarded-store.ts'
import type { Charge, Store } from './store.ts'

/** How a counter asks its store. */
export interface HitCounterOptions {
  /** Keeps the counts apart from those of another counter on the same store. @default '' */
  readonly prefix?: string
  /**
   * How long the store may take, in milliseconds; then a call fails, and after several failures in a row all do so at
   * once, until the store answers again.
   *
   * @default 250
   */
  readonly timeoutMs?: number
}

/** How often a key has been hit in its window. */
export interface Hits {
  readonly hits: number
  /** Milliseconds until the window is over and the count begins anew. 0 if nothing is counted. */
  readonly resetAfterMs: number
  /** Which window it was, for `giveBack`. None if the store does not tell its time. */
  readonly receipt: Receipt | undefined
}

const OPTIONS = { prefix: true, timeoutMs: true } as const satisfies Record<keyof HitCounterOptions, true>
/** More than any window sees: how much is too much, somebody else decides. Close to 2^53, parsers of Redis replies miscount. */
const QUOTA = 1e15

/**
 * Counts requests in a store, in fixed windows, for a rate limiter that decides for itself: what `@rl/compat-*` put under
 * other people's middleware. Every hit counts, whatever is then decided.
 *
 * A key is a text, or a number, which counts as its text. A window is in whole milliseconds, and opens with the first hit.
 *
 * @example
 * ```ts
 * import { HitCounter } from '@rl/core'
 * import { MemoryStore } from '@rl/store-memory'
 *
 * const counter = new HitCounter(new MemoryStore())
 * const { hits, resetAfterMs } = await counter.hit('203.0.113.7', 60_000)
 * if (hits > 100) console.log(`again in ${resetAfterMs} ms`)
 * ```
 */
export class HitCounter {
  readonly #store: GuardedStore
  readonly #place: string

  /** @throws {ConfigError} `RL_INVALID_OPTION`, `RL_UNKNOWN_OPTION` */
  constructor(store: Store, options: HitCounterOptions = {}) {
    checkStore('store', store)
    checkOptions('a hit counter', options, OPTIONS)
    const { prefix = '', timeoutMs } = options
    if (typeof prefix !== 'string' || prefix.includes('|')) {
      throw new ConfigError('RL_INVALID_OPTION', `Expected \`prefix\` to be a text without |, got ${shown(prefix)}`)
    }
    this.#store = new GuardedStore(store, checkedTimeout(timeoutMs))
    // No limit of a limiter on the same store counts under such a name.
    this.#place = prefix === '' ? 'hits|' : `hits ${prefix}|`
  }

  /**
   * Counts one hit.
   *
   * @throws {ConfigError} `RL_INVALID_LIMIT`
   * @throws {RequestError} `RL_INVALID_KEY`
   * @throws {StoreError} if the store cannot do so in time.
   */
  hit(key: string | number, windowMs: number): MaybePromise<Hits> {
    return andThen(this.#store.consume([this.#charge(key, windowMs)]), hitsOf)
  }

  /** Tells what is counted, and counts nothing. Throws as `hit` does. */
  read(key: string | number, windowMs: number): MaybePromise<Hits> {
    return andThen(this.#store.peek([{ ...this.#charge(key, windowMs), cost: 0 }]), hitsOf)
  }

  /** Takes one hit back; with its receipt, only from the window that it was counted in. Throws as `hit` does. */
  giveBack(key: string | number, windowMs: number, receipt?: Receipt): MaybePromise<void> {
    return this.#store.refund([{ ...this.#charge(key, windowMs), ...(receipt && { receipt }) }])
  }

  /** Forgets a key. Throws as `hit` does. */
  reset(key: string | number): MaybePromise<void> {
    return this.#store.reset(this.#keyOf(key))
  }

  /** Closes the store. */
  close(): MaybePromise<void> {
    return this.#store.close()
  }

  #charge(key: string | number, windowMs: number): Charge {
    const limit: Limit = { algorithm: 'fixed-window', quota: QUOTA, windowMs }
    return { key: this.#keyOf(key), limit, cost: 1 }
  }

  /** What is neither is left to the store to refuse: a key of `undefined` would be one counter for everybody. */
  #keyOf(key: string | number): string {
    return typeof key === 'string' || Number.isFinite(key) ? `${this.#place}${key}` : (key as never)
  }
}

function hitsOf([verdict]: readonly Verdict[]): Hits {
  const { remaining, resetAfterMs, at } = verdict!
  return { hits: QUOTA - remaining, resetAfterMs, receipt: at === undefined ? undefined : { at, resetAfterMs } }
}
