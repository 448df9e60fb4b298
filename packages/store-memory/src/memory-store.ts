import {
  applyCharges,
  checkFunction,
  checkKey,
  checkOptions,
  positiveInteger,
  readClock,
  refundCharges,
  StoreError,
} from '@rl/core'
import type { Charge, Clock, State, StateReader, Store, Verdict } from '@rl/core'

import { Decisions } from './decisions.ts'
import { KeyTables } from './key-tables.ts'
import { NO_ROW } from './rows.ts'

/** How much to hold, for how long, and by which clock. */
export interface MemoryStoreOptions {
  /**
   * The most keys to hold. Beyond it, a new key takes the place of an expired one, if the next few have one, else of one that has something left,
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
const LONGEST_TIMEOUT_MS = 2 ** 31 - 1

/**
 * Keeps counts in the memory of this process: exact, synchronous, and gone with it.
 *
 * Bounded: it never holds more than `maxKeys` keys, and drops those that no longer matter within `ttlMs`, in steps of
 * less than a millisecond. One timer serves all keys; it runs only while there are any, and keeps no process alive. Where
 * timers are stopped, as in a worker that has answered, each later charge drops a few keys instead.
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
  readonly #ttlMs: number
  readonly #clock: Clock
  readonly #tables: KeyTables
  readonly #decisions: Decisions
  #timer: NodeJS.Timeout | undefined
  /** From when on (ms) the timer must have been stopped, and keys are dropped with every charge. */
  #overdueAt = Infinity
  #isClosed = false

  /** @throws {ConfigError} `RL_INVALID_OPTION`, `RL_UNKNOWN_OPTION` */
  constructor(options: MemoryStoreOptions = {}) {
    checkOptions('MemoryStore', options, OPTIONS)
    const maxKeys = positiveInteger('maxKeys', options.maxKeys, DEFAULT_MAX_KEYS, MOST_KEYS)
    this.#ttlMs = positiveInteger('ttlMs', options.ttlMs, DEFAULT_TTL_MS)
    checkFunction('clock', options.clock)
    this.#clock = options.clock ?? Date.now
    this.#tables = new KeyTables(maxKeys)
    this.#decisions = new Decisions(this.#tables)
  }

  /** How many keys are held. */
  get size(): number {
    return this.#tables.size
  }

  consume(charges: readonly Charge[]): readonly Verdict[] {
    const now = this.#now()
    const verdicts = this.#decisions.consume(charges, now) ?? this.#consume(charges, now)
    if (this.#timer === undefined && this.size > 0) this.#beginRound(now)
    if (now >= this.#overdueAt && !this.#tables.sweepSome(now)) this.#overdueAt = now + this.#ttlMs
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
    this.#tables.delete(key)
  }

  ping(): void {
    this.#now()
  }

  /** Forgets everything. */
  close(): void {
    this.#isClosed = true
    clearTimeout(this.#timer)
    this.#tables.clear()
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
      if (!this.#tables.sweepSome(now)) return true
    } while (performance.now() < stopAt)
    return false
  }

  #consume(charges: readonly Charge[], now: number): readonly Verdict[] {
    const { verdicts, writes } = applyCharges(charges, this.#read, now)
    for (const { index, state } of writes) {
      const { allowed, remaining } = verdicts[index]!
      this.#write(charges[index]!, state, !allowed || remaining === 0, now)
    }
    verdicts.forEach(({ allowed }, i) => {
      if (!allowed) this.#tables.of(charges[i]!).block(charges[i]!.key)
    })
    return verdicts
  }

  readonly #read: StateReader = (charge) => this.#tables.of(charge).read(charge.key)

  #write(charge: Charge, state: State | undefined, isBlocked: boolean, now: number): void {
    const table = this.#tables.of(charge)
    if (state === undefined) return table.delete(charge.key)
    if (!this.#tables.hasRoomFor(1) && table.find(charge.key) === NO_ROW) this.#tables.evict(now)
    table.write(charge.key, state, isBlocked)
  }

  #beginRound(now: number): void {
    this.#timer = this.#sweepIn(this.#ttlMs / 2)
    this.#overdueAt = now + this.#ttlMs
  }

  #sweepIn(delayMs: number): NodeJS.Timeout {
    const timer = setTimeout(
      () => {
        const isDone = this.sweep()
        if (!isDone) this.#timer = this.#sweepIn(PAUSE_MS)
        else if (this.size > 0) this.#beginRound(this.#clock())
        else this.#timer = undefined
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
