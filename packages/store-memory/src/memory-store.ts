import {
  algorithms,
  applyCharges,
  checkFunction,
  checkKey,
  checkOptions,
  positiveInteger,
  readClock,
  refundCharges,
  StoreError,
} from '@rl/core'
import type { AlgorithmName, Charge, Clock, State, StateReader, Store, Verdict } from '@rl/core'

import { FixedWindows } from './fixed-windows.ts'
import { KeyTable } from './key-table.ts'
import { NO_ROW } from './rows.ts'

/** How much to hold, for how long, and by which clock. */
export interface MemoryStoreOptions {
  /**
   * The most keys to hold. Beyond it, a new key takes the place of an expired one, else of one that has something left,
   * else, or if those that are being denied fill three quarters of the store, of one of these. At most 2^30.
   *
   * @default 1_000_000
   */
  readonly maxKeys?: number
  /** How long, in milliseconds, a key that does not matter any more may still be held. @default 900_000 (15 minutes) */
  readonly ttlMs?: number
  /** @default Date.now */
  readonly clock?: Clock
}

const OPTIONS = { maxKeys: true, ttlMs: true, clock: true } as const satisfies Record<keyof MemoryStoreOptions, true>
const DEFAULT_MAX_KEYS = 1_000_000
/** What can be numbered; far more than fits. */
const MOST_KEYS = 2 ** 30
const DEFAULT_TTL_MS = 15 * 60_000

/** A sweep works for so long at a time, and lets the process breathe for so long in between. */
const STEP_MS = 0.5
const PAUSE_MS = 10
const KEYS_PER_LOOK_AT_THE_CLOCK = 32
const BLOCKED_SHARE = 0.75
const LONGEST_TIMEOUT_MS = 2 ** 31 - 1

/**
 * Keeps counts in the memory of this process: exact, synchronous, and gone with it.
 *
 * Bounded: it never holds more than `maxKeys` keys, and drops those that no longer matter within `ttlMs`, in steps of
 * less than a millisecond. One timer serves all keys; it runs only while there are any, and keeps no process alive.
 *
 * @example
 * ```ts
 * import { RateLimiter } from '@rl/core'
 * import { MemoryStore } from '@rl/store-memory'
 *
 * const limiter = new RateLimiter({ store: new MemoryStore({ maxKeys: 100_000 }) })
 * ```
 */
export class MemoryStore implements Store {
  readonly #maxKeys: number
  readonly #ttlMs: number
  readonly #clock: Clock
  readonly #tables: Readonly<Record<AlgorithmName, KeyTable>>
  readonly #all: readonly KeyTable[]
  readonly #fixedWindows: FixedWindows
  /** The table that is being swept. */
  #swept = 0
  #timer: NodeJS.Timeout | undefined
  #isClosed = false

  /** @throws {ConfigError} `RL_INVALID_OPTION`, `RL_UNKNOWN_OPTION` */
  constructor(options: MemoryStoreOptions = {}) {
    checkOptions('MemoryStore', options, OPTIONS)
    this.#maxKeys = positiveInteger('maxKeys', options.maxKeys, DEFAULT_MAX_KEYS, MOST_KEYS)
    this.#ttlMs = positiveInteger('ttlMs', options.ttlMs, DEFAULT_TTL_MS)
    checkFunction('clock', options.clock)
    this.#clock = options.clock ?? Date.now
    this.#tables = {
      'fixed-window': new KeyTable(algorithms['fixed-window']),
      'sliding-window': new KeyTable(algorithms['sliding-window']),
      'sliding-window-counter': new KeyTable(algorithms['sliding-window-counter']),
      'token-bucket': new KeyTable(algorithms['token-bucket']),
    }
    this.#all = Object.values(this.#tables)
    this.#fixedWindows = new FixedWindows(this.#tables['fixed-window'], (keys) => this.size + keys <= this.#maxKeys)
  }

  /** How many keys are held. */
  get size(): number {
    let size = 0
    for (const { rows } of this.#all) size += rows.size
    return size
  }

  consume(charges: readonly Charge[]): readonly Verdict[] {
    const now = this.#now()
    const verdicts = this.#fixedWindows.consume(charges, now) ?? this.#consume(charges, now)
    if (this.#timer === undefined && this.size > 0) this.#timer = this.#sweepIn(this.#ttlMs / 2)
    return verdicts
  }

  peek(charges: readonly Charge[]): readonly Verdict[] {
    return applyCharges(charges, this.#read, this.#now()).verdicts
  }

  refund(charges: readonly Charge[]): void {
    const now = this.#now()
    for (const { index, state } of refundCharges(charges, this.#read, now)) {
      this.#write(charges[index]!, state, false, now)
    }
  }

  reset(key: string): void {
    this.#now()
    checkKey(key)
    for (const table of this.#all) table.delete(key)
  }

  ping(): void {
    this.#now()
  }

  /** Forgets everything. */
  close(): void {
    this.#isClosed = true
    clearTimeout(this.#timer)
    for (const table of this.#all) table.clear()
  }

  /**
   * Drops keys that do not matter any more, going on where the last call stopped. The store does so by itself; call it to
   * be sooner.
   *
   * @param budgetMs How long to work: the time is looked at after every 32 keys. @default 0.5
   * @returns whether all keys have been looked at.
   */
  sweep(budgetMs = STEP_MS): boolean {
    const stopAt = performance.now() + budgetMs
    // Read as it is: a clock that tells no time drops nothing, and is refused where somebody asks for a decision.
    const now = this.#clock()
    do {
      if (!this.#sweepSome(now)) return true
    } while (performance.now() < stopAt)
    return false
  }

  /** Answers whether there is more to sweep. */
  #sweepSome(now: number): boolean {
    let left = KEYS_PER_LOOK_AT_THE_CLOCK
    for (; this.#swept < this.#all.length; this.#swept++) {
      left -= this.#all[this.#swept]!.sweep(now, left)
      if (left === 0) return true
    }
    this.#swept = 0
    return false
  }

  #consume(charges: readonly Charge[], now: number): readonly Verdict[] {
    const { verdicts, writes } = applyCharges(charges, this.#read, now)
    for (const { index, state } of writes) {
      const { allowed, remaining } = verdicts[index]!
      this.#write(charges[index]!, state, !allowed || remaining === 0, now)
    }
    verdicts.forEach(({ allowed }, i) => {
      if (!allowed) this.#tableOf(charges[i]!).block(charges[i]!.key)
    })
    return verdicts
  }

  readonly #read: StateReader = (charge) => this.#tableOf(charge).read(charge.key)

  #write(charge: Charge, state: State | undefined, isBlocked: boolean, now: number): void {
    const table = this.#tableOf(charge)
    if (state === undefined) return table.delete(charge.key)
    if (this.size >= this.#maxKeys && table.find(charge.key) === NO_ROW) this.#evict(now)
    table.write(charge.key, state, isBlocked)
  }

  #tableOf({ limit }: Charge): KeyTable {
    return this.#tables[limit.algorithm as AlgorithmName]
  }

  /**
   * Makes room for a key: an expired one goes first, then an open one. Blocked keys may hold only so much of the store,
   * or whoever gets enough of them blocked would leave no room to count anybody else in.
   */
  #evict(now: number): void {
    if (this.#all.some((table) => table.evictExpired(now))) return
    const blocked = this.#all.reduce((sum, { rows }) => sum + rows.sizeOf('blocked'), 0)
    const shelf = blocked > BLOCKED_SHARE * this.#maxKeys || blocked === this.size ? 'blocked' : 'open'
    this.#all.reduce((a, b) => (b.rows.sizeOf(shelf) > a.rows.sizeOf(shelf) ? b : a)).evict(shelf)
  }

  #sweepIn(delayMs: number): NodeJS.Timeout {
    const timer = setTimeout(
      () => {
        const isDone = this.sweep()
        if (!isDone) this.#timer = this.#sweepIn(PAUSE_MS)
        else this.#timer = this.size > 0 ? this.#sweepIn(this.#ttlMs / 2) : undefined
      },
      Math.min(delayMs, LONGEST_TIMEOUT_MS),
    )
    // A runtime whose timers are numbers does not stay alive for them either.
    timer.unref?.()
    return timer
  }

  #now(): number {
    if (this.#isClosed)
      throw new StoreError('RL_STORE_CLOSED', 'memory', 'The memory store was used after it was closed')
    return readClock(this.#clock)
  }
}
