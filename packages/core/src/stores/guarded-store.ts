import type { Verdict } from '../algorithms/algorithm.ts'
import type { Clock } from '../clock.ts'
import { ConfigError, RequestError, StoreError } from '../errors.ts'
import type { Audience, Emitter } from '../events.ts'
import { isPromise } from '../maybe-promise.ts'
import type { MaybePromise } from '../maybe-promise.ts'
import { positiveInteger } from '../options.ts'
import type { Charge, Store } from './store.ts'

const DEFAULT_TIMEOUT_MS = 250
/** Beyond it, timers fire at once. */
const LONGEST_TIMEOUT_MS = 2 ** 31 - 1
const FAILURES_TO_OPEN = 5
const PROBE_EVERY_MS = 500

/** What a store is to the limiter that asks it. */
export type StoreRole = 'main' | 'fallback' | 'shadow'

/** A question to a store. */
export interface StoreCall {
  readonly role: StoreRole
  readonly verb: 'consume' | 'peek' | 'refund' | 'reset'
  /** How long it took to answer, or to fail, in milliseconds. */
  readonly latencyMs: number
  /** What it failed with; nothing if it has answered. */
  readonly error?: unknown
}

/** What is told of stores. */
export interface StoreEvents {
  /** A store was asked, and has answered or failed. */
  readonly storeCall: StoreCall
  /** A store was asked, and has failed or not answered in time. */
  readonly storeError: Omit<StoreCall, 'latencyMs'>
  /** A store that had failed repeatedly has answered. */
  readonly storeRecovered: { readonly role: StoreRole; readonly downMs: number }
}

export interface GuardOptions {
  /** @default 'main' */
  readonly role?: StoreRole
  /** Who is told what the store does. @default nobody */
  readonly events?: Pick<Emitter<StoreEvents>, 'listenersTo' | 'emit'>
  /** Monotonic, for the breaker: when a store is tried again must not depend on the time of day. @default performance.now */
  readonly clock?: Clock
}

const NOBODY = { listenersTo: () => ({ size: 0 }), emit: () => undefined }

/** A store that did not answer in time. What it was asked may still be done, and `late` will tell. */
class LateAnswer extends StoreError {
  readonly late: Promise<unknown>

  constructor(timeoutMs: number, late: Promise<unknown>) {
    super('RL_STORE_TIMEOUT', 'unknown', `The store did not answer within ${timeoutMs} ms`)
    this.late = late
  }
}

/**
 * A store with a deadline, and a breaker: after a few failures in a row it is left alone, but for one call now and then
 * that tries whether it is back. So a dead store delays next to nobody, and one that comes back is not run over.
 */
export class GuardedStore {
  readonly #store: Store
  readonly #timeoutMs: number
  readonly #role: StoreRole
  readonly #events: NonNullable<GuardOptions['events']>
  readonly #callListeners: Audience
  readonly #clock: Clock
  #failures = 0
  #failedAt = 0
  #probeAt = 0
  #takesTime = false

  constructor(
    store: Store,
    timeoutMs: number,
    { role = 'main', events = NOBODY, clock = () => performance.now() }: GuardOptions = {},
  ) {
    this.#store = store
    this.#timeoutMs = timeoutMs
    this.#role = role
    this.#events = events
    this.#callListeners = events.listenersTo('storeCall')
    this.#clock = clock
  }

  /** How many keys it holds, if it can tell. */
  get size(): number | undefined {
    return this.#store.size
  }

  /** Whether it is left alone for the moment: whoever asks next is not heard. */
  get isLeftAlone(): boolean {
    return this.#isOpen() && this.#clock() < this.#probeAt
  }

  /** Milliseconds until the store will be asked again. */
  get retryAfterMs(): number {
    return this.#isOpen() ? Math.max(1, Math.ceil(this.#probeAt - this.#clock())) : PROBE_EVERY_MS
  }

  consume(charges: readonly Charge[]): MaybePromise<readonly Verdict[]> {
    return this.#ask('consume', charges)
  }

  peek(charges: readonly Charge[]): MaybePromise<readonly Verdict[]> {
    return this.#ask('peek', charges)
  }

  refund(charges: readonly Charge[]): MaybePromise<void> {
    return this.#ask('refund', charges)
  }

  /**
   * Gives back what was charged after all, once the store has answered too late, to requests that have been denied or
   * counted elsewhere meanwhile. Whatever the breaker says: who owes something has just answered.
   */
  async giveBackLate(error: unknown, charges: readonly Charge[]): Promise<void> {
    if (!(error instanceof LateAnswer) || charges.length === 0) return
    try {
      const verdicts = (await error.late) as readonly Verdict[]
      if (verdicts.every(({ allowed }) => allowed)) await this.#store.refund(withReceipts(charges, verdicts))
    } catch {
      // It has not charged after all, or fails again: there is nothing to give back, or no way to.
    }
  }

  reset(key: string): MaybePromise<void> {
    return this.#ask('reset', key)
  }

  /** Asks whatever the breaker says: this is how one finds out. */
  ping(): MaybePromise<void> {
    return this.#inTime(this.#store.ping())
  }

  close(): MaybePromise<void> {
    return this.#store.close()
  }

  /** No getter: V8 calls its runtime for a private one, at every request. */
  #isOpen(): boolean {
    return this.#failures >= FAILURES_TO_OPEN
  }

  #ask<T>(verb: StoreCall['verb'], subject: string | readonly Charge[]): MaybePromise<T> {
    const probeAt = this.#probeAt
    if (this.#isOpen()) {
      const now = this.#clock()
      if (now < this.#probeAt) {
        throw new StoreError(
          'RL_STORE_UNAVAILABLE',
          'unknown',
          'The store has failed repeatedly and is not asked for a moment',
        )
      }
      this.#probeAt = now + PROBE_EVERY_MS
    }
    const askedAt = this.#callListeners.size > 0 ? this.#clock() : undefined
    try {
      const answer = this.#store[verb](subject as never) as MaybePromise<T>
      if (!isPromise(answer)) {
        if (!this.#takesTime) return this.#succeeded(answer, verb, askedAt)
        // A store that takes time has answered from memory, which says nothing of the server behind it.
        this.#probeAt = probeAt
        return answer
      }
      this.#takesTime = true
      return this.#inTime(answer).then(
        (value) => this.#succeeded(value, verb, askedAt),
        (error: unknown) => this.#failed(error, verb, askedAt),
      )
    } catch (error) {
      return this.#failed(error, verb, askedAt)
    }
  }

  #inTime<T>(answer: MaybePromise<T>): MaybePromise<T> & Promise<T> {
    const late = Promise.resolve(answer)
    return new Promise<T>((resolve, reject) => {
      // One turn of the event loop later: after a long pause of the process, the answer may be there already, unread.
      const expire = (): unknown => setTimeout(() => reject(new LateAnswer(this.#timeoutMs, late)), 0)
      const timer = setTimeout(expire, this.#timeoutMs)
      late.then(resolve, reject).finally(() => clearTimeout(timer))
    })
  }

  #succeeded<T>(value: T, verb: StoreCall['verb'], askedAt: number | undefined): T {
    const wasLeftAlone = this.#isOpen()
    this.#failures = 0
    if (askedAt !== undefined)
      this.#events.emit('storeCall', { role: this.#role, verb, latencyMs: this.#clock() - askedAt })
    if (wasLeftAlone) this.#events.emit('storeRecovered', { role: this.#role, downMs: this.#clock() - this.#failedAt })
    return value
  }

  #failed(error: unknown, verb: StoreCall['verb'], askedAt: number | undefined): never {
    if (isCallersOwn(error)) throw error
    this.#failures += 1
    if (this.#failures === 1) this.#failedAt = this.#clock()
    if (this.#failures === FAILURES_TO_OPEN) this.#probeAt = this.#clock() + PROBE_EVERY_MS
    if (askedAt !== undefined)
      this.#events.emit('storeCall', { role: this.#role, verb, latencyMs: this.#clock() - askedAt, error })
    this.#events.emit('storeError', { role: this.#role, verb, error })
    throw error
  }
}

/** @throws {ConfigError} `RL_INVALID_OPTION` */
export function checkedTimeout(timeoutMs: number | undefined): number {
  return positiveInteger('timeoutMs', timeoutMs, DEFAULT_TIMEOUT_MS, LONGEST_TIMEOUT_MS)
}

/** Charges with the verdicts on them, so that they are given back from their own windows. */
export function withReceipts(charges: readonly Charge[], verdicts: readonly Verdict[]): readonly Charge[] {
  return charges.map((charge, i) => {
    const { at, resetAfterMs } = verdicts[i]!
    // A store that does not say when it decided gives back what counts then.
    return at === undefined ? charge : { ...charge, receipt: { at, resetAfterMs } }
  })
}

/** Whether an error is of the one who asked, and says nothing about the store. */
export function isCallersOwn(error: unknown): boolean {
  return error instanceof RequestError || error instanceof ConfigError
}
