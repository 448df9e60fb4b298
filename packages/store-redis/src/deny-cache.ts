import type { Charge, Limit, Verdict } from '@rl/core'

import { isSame } from './kinds.ts'

/** What is known of a question that has been answered. */
export interface Asked {
  /** When it was sent, or earlier: not after the moment of which the answer speaks. */
  readonly at: number
  /** The epoch in which it was asked. */
  readonly epoch: number
}

interface Denial {
  readonly limit: Limit
  readonly verdict: Verdict
  readonly askedAt: number
  readonly heardAt: number
}

/** Another process may give back or reset meanwhile, which nobody tells this one: it is noticed after so long. */
const LONGEST_MS = 1000

/**
 * Remembers who was denied, and answers without asking the server while the answer cannot have changed: a key that has
 * not one unit left stays so until its wait is over, since nobody else can spend from it either. For a second at most.
 *
 * Only charges of one unit, alone in their call, are remembered: while a wait for several units runs, what is left grows.
 */
export class DenyCache {
  readonly #denials = new Map<string, Denial>()
  readonly #size: number
  readonly #clock: () => number
  /** How often something has been forgotten. */
  #epoch = 0

  /** @param clock What waits are measured by: monotonic, or the very clock that decides. */
  constructor(size: number, clock: () => number) {
    this.#size = size
    this.#clock = clock
  }

  get epoch(): number {
    return this.#epoch
  }

  now(): number {
    return this.#clock()
  }

  get(key: string, { limit, cost }: Charge): Verdict | undefined {
    // Mostly there are none: then not even the hash of the key has to be known.
    const denial = this.#denials.size > 0 ? this.#denials.get(key) : undefined
    if (!denial) return undefined
    const now = this.#clock()
    const { verdict, askedAt, heardAt } = denial
    if (now < askedAt || now >= askedAt + Math.min(verdict.retryAfterMs, LONGEST_MS)) {
      this.#denials.delete(key)
      return undefined
    }
    if (cost !== 1 || !isSame(limit, denial.limit)) return undefined
    // Counted from when it was heard: a wait that is told must not end too early by the time that the answer travelled.
    const elapsed = Math.floor(now - heardAt)
    return {
      ...verdict,
      retryAfterMs: verdict.retryAfterMs - elapsed,
      resetAfterMs: verdict.resetAfterMs - elapsed,
      ...(verdict.at !== undefined && { at: verdict.at + elapsed }),
    }
  }

  /** Not if anything was forgotten since it was asked: the answer may be of before that. */
  learn(key: string, { limit, cost }: Charge, verdict: Verdict, asked: Asked): void {
    if (this.#denials.size > 0) this.#denials.delete(key)
    if (asked.epoch !== this.#epoch) return
    const isLasting = !verdict.allowed && cost === 1 && verdict.remaining === 0 && Number.isFinite(verdict.retryAfterMs)
    if (!isLasting || this.#size === 0) return
    if (this.#denials.size >= this.#size) this.#denials.delete(this.#denials.keys().next().value!)
    this.#denials.set(key, { limit, verdict, askedAt: asked.at, heardAt: this.#clock() })
  }

  forget(keys: readonly string[]): void {
    this.#epoch += 1
    for (const key of keys) this.#denials.delete(key)
  }

  clear(): void {
    this.#denials.clear()
  }
}
