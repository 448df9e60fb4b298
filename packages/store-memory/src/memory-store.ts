import {
  algorithms,
  applyCharges,
  checkCharge,
  checkFunction,
  checkOptions,
  positiveInteger,
  readClock,
  refundCharges,
  storageKey,
  StoreError,
} from '@rl/core'
import type { AlgorithmName, Charge, Clock, Limit, State, StateReader, Store, Verdict } from '@rl/core'

import { KeyTable } from './key-table.ts'
import { ListedStates } from './listed-states.ts'
import { PackedStates } from './packed-states.ts'

export interface MemoryStoreOptions {
  /**
   * The most keys to hold. Beyond it, a new key takes the place of an expired one, else of one that has something left,
   * else, or if those that are being denied fill three quarters of the store, of one of these.
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
const DEFAULT_TTL_MS = 15 * 60_000

/** A sweep works for so long at a time, and lets the process breathe for so long in between. */
const STEP_MS = 0.5
const PAUSE_MS = 10
const KEYS_PER_LOOK_AT_THE_CLOCK = 32
const BLOCKED_SHARE = 0.75
const LONGEST_TIMEOUT_MS = 2 ** 31 - 1

/** What becomes of a key. */
interface Keeping {
  readonly state: State | undefined
  readonly expiresAt: number
  readonly isBlocked: boolean
}

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
  readonly #tables = new Map<string, KeyTable>()
  #sweeping: Generator<void> | undefined
  #timer: NodeJS.Timeout | undefined
  #isClosed = false

  /** @throws {ConfigError} `RL_INVALID_OPTION`, `RL_UNKNOWN_OPTION` */
  constructor(options: MemoryStoreOptions = {}) {
    checkOptions('MemoryStore', options, OPTIONS)
    this.#maxKeys = positiveInteger('maxKeys', options.maxKeys, DEFAULT_MAX_KEYS)
    this.#ttlMs = positiveInteger('ttlMs', options.ttlMs, DEFAULT_TTL_MS)
    checkFunction('clock', options.clock)
    this.#clock = options.clock ?? Date.now
  }

  /** How many keys are held. */
  get size(): number {
    let size = 0
    for (const table of this.#tables.values()) size += table.size
    return size
  }

  consume(charges: readonly Charge[]): readonly Verdict[] {
    const now = this.#now()
    const keys = charges.map(keyOf)
    const { verdicts, writes } = applyCharges(charges, this.#readerOf(keys), now)
    for (const { index, state, expiresAt } of writes) {
      const { allowed, remaining } = verdicts[index]!
      this.#write(
        charges[index]!.limit,
        keys[index]!,
        { state, expiresAt, isBlocked: !allowed || remaining === 0 },
        now,
      )
    }
    verdicts.forEach(({ allowed }, i) => {
      if (!allowed) this.#tables.get(charges[i]!.limit.algorithm)?.block(keys[i]!)
    })
    return verdicts
  }

  peek(charges: readonly Charge[]): readonly Verdict[] {
    const now = this.#now()
    return applyCharges(charges, this.#readerOf(charges.map(keyOf)), now).verdicts
  }

  refund(charges: readonly Charge[]): void {
    const now = this.#now()
    const keys = charges.map(keyOf)
    for (const { index, state, expiresAt } of refundCharges(charges, this.#readerOf(keys), now)) {
      this.#write(charges[index]!.limit, keys[index]!, { state, expiresAt, isBlocked: false }, now)
    }
  }

  reset(key: string): void {
    this.#now()
    const name = storageKey(key)
    for (const table of this.#tables.values()) table.delete(name)
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
    this.#sweeping ??= this.#sweepAll()
    do {
      for (let i = 0; i < KEYS_PER_LOOK_AT_THE_CLOCK; i++) {
        if (this.#sweeping.next().done) {
          this.#sweeping = undefined
          return true
        }
      }
    } while (performance.now() < stopAt)
    return false
  }

  *#sweepAll(): Generator<void> {
    // Read as it is: a clock that tells no time drops nothing, and is refused where somebody asks for a decision.
    const now = this.#clock()
    for (const [algorithm, table] of this.#tables) {
      yield* table.sweep(now)
      if (table.size === 0) this.#tables.delete(algorithm)
    }
  }

  #readerOf(keys: readonly string[]): StateReader {
    return ({ limit }, index) => this.#tables.get(limit.algorithm)?.read(keys[index]!)
  }

  #write({ algorithm }: Limit, key: string, { state, expiresAt, isBlocked }: Keeping, now: number): void {
    const table = this.#tableOf(algorithm as AlgorithmName)
    if (state === undefined) return table.delete(key)
    if (!table.has(key) && this.size >= this.#maxKeys) this.#evict(now)
    table.write(key, state, expiresAt, isBlocked)
    this.#timer ??= this.#sweepIn(this.#ttlMs / 2)
  }

  #tableOf(algorithm: AlgorithmName): KeyTable {
    const existing = this.#tables.get(algorithm)
    if (existing) return existing
    const { width } = algorithms[algorithm]
    const table = new KeyTable(width === undefined ? new ListedStates() : new PackedStates(width))
    this.#tables.set(algorithm, table)
    return table
  }

  /**
   * Makes room for a key: an expired one goes first, then an open one. Blocked keys may hold only so much of the store,
   * or whoever gets enough of them blocked would leave no room to count anybody else in.
   */
  #evict(now: number): void {
    const tables = [...this.#tables.values()]
    if (tables.some((table) => table.evictExpired(now))) return
    const blocked = tables.reduce((sum, { blockedSize }) => sum + blockedSize, 0)
    const shelf = blocked > BLOCKED_SHARE * this.#maxKeys || blocked === this.size ? 'blocked' : 'open'
    const sizeOf = (table: KeyTable): number => (shelf === 'open' ? table.openSize : table.blockedSize)
    tables.reduce((a, b) => (sizeOf(b) > sizeOf(a) ? b : a)).evict(shelf)
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

function keyOf(charge: Charge): string {
  checkCharge(charge)
  return storageKey(charge.key)
}
