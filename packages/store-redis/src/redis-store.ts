import { checkCharge, checkFunction, checkOptions, ConfigError, readClock, storageKey, StoreError } from '@rl/core'
import type { AlgorithmName, Charge, Clock, MaybePromise, Store, Verdict } from '@rl/core'
import clusterKeySlot from 'cluster-key-slot'

import { Batcher, failure } from './batcher.ts'
import { TAGS } from './decide-script.ts'
import { DenyCache } from './deny-cache.ts'
import { questionOf } from './question.ts'
import type { Verb } from './question.ts'
import type { RedisClient } from './redis-client.ts'

export interface RedisStoreOptions {
  /** The connection to use. It stays yours: the store never closes it. */
  readonly client: RedisClient
  /** What all keys begin with. One with a hash tag of its own, `{rl}`, keeps all limits in one slot. @default 'rl' */
  readonly prefix?: string
  /** For tests. @default the server's own TIME, which all processes share */
  readonly clock?: Clock
  /** Whether decisions of one moment travel as one script call. @default true */
  readonly batch?: boolean
  /** How many denied keys to answer for without asking the server; 0 asks always. @default 10_000 */
  readonly denyCacheSize?: number
}

const OPTIONS = {
  client: true,
  prefix: true,
  clock: true,
  batch: true,
  denyCacheSize: true,
} as const satisfies Record<keyof RedisStoreOptions, true>
const CLIENT_METHODS = ['evalsha', 'eval', 'del', 'ping'] as const satisfies (keyof RedisClient)[]
const STATE_VERSION = 1
const DEFAULT_DENY_CACHE_SIZE = 10_000

/** Charges whose keys are in one slot, and where they stood in the call. */
interface Part {
  readonly indexes: readonly number[]
  readonly charges: readonly Charge[]
}

/**
 * Keeps counts in Redis, for as many processes as share it: exact, on the server's clock, in one script call for each
 * decision, and with an expiry on every key.
 *
 * In a Cluster, the limits of one client are in one slot, and decided in one step. Those of several slots are asked first,
 * then charged side by side, and given back should one of them deny after all.
 *
 * @example
 * ```ts
 * import { Redis } from 'ioredis'
 * import { RateLimiter } from '@rl/core'
 * import { RedisStore } from '@rl/store-redis'
 *
 * const client = new Redis({ enableOfflineQueue: false, maxRetriesPerRequest: 0 })
 * const limiter = new RateLimiter({ store: new RedisStore({ client }) })
 * ```
 */
export class RedisStore implements Store {
  readonly #client: RedisClient
  readonly #prefix: string
  readonly #clock: Clock | undefined
  readonly #isBatching: boolean
  readonly #batchers = new Map<number, Batcher>()
  readonly #denyCache: DenyCache
  #isClosed = false

  /** @throws {ConfigError} `RL_INVALID_OPTION`, `RL_UNKNOWN_OPTION` */
  constructor(options: RedisStoreOptions) {
    checkOptions('RedisStore', options, OPTIONS)
    const { client, prefix = 'rl', clock, batch = true, denyCacheSize = DEFAULT_DENY_CACHE_SIZE } = options
    checkFunction('clock', clock)
    if (!CLIENT_METHODS.every((method) => typeof (client as RedisClient | undefined)?.[method] === 'function')) {
      refuse(`Expected \`client\` to have the methods ${CLIENT_METHODS.join(', ')}`)
    }
    if (typeof prefix !== 'string') refuse('Expected `prefix` to be a string')
    if (typeof batch !== 'boolean') refuse('Expected `batch` to be true or false')
    if (!Number.isSafeInteger(denyCacheSize) || denyCacheSize < 0) {
      refuse('Expected `denyCacheSize` to be a whole number of at least 0')
    }
    this.#client = client
    this.#prefix = prefix
    this.#clock = clock
    this.#isBatching = batch
    this.#denyCache = new DenyCache(denyCacheSize, clock ? () => readClock(clock) : () => performance.now())
  }

  consume(charges: readonly Charge[]): MaybePromise<readonly Verdict[]> {
    return this.#known(charges) ?? this.#decide('consume', charges)
  }

  peek(charges: readonly Charge[]): MaybePromise<readonly Verdict[]> {
    return this.#known(charges) ?? this.#decide('peek', charges)
  }

  async refund(charges: readonly Charge[]): Promise<void> {
    this.#check(charges)
    const forget = (): void => charges.forEach((charge) => this.#denyCache.forget(this.#keyOf(charge)))
    forget()
    await Promise.all(this.#partsOf(charges).map(async (part) => this.#ask('refund', part.charges)))
    forget()
  }

  async reset(key: string): Promise<void> {
    this.#check([])
    const keys = Object.values(TAGS).map((tag) => this.#keyFor(tag, key))
    const forget = (): void => keys.forEach((name) => this.#denyCache.forget(name))
    forget()
    // After what was asked before.
    for (const name of keys) this.#batchers.get(this.#slotOf(name))?.flush()
    try {
      await Promise.all(keys.map(async (name) => this.#client.del(name)))
    } catch (cause) {
      throw failure(cause)
    }
    forget()
  }

  async ping(): Promise<void> {
    this.#check([])
    try {
      await this.#client.ping()
    } catch (cause) {
      throw failure(cause)
    }
  }

  /** Answers nothing more. The client stays open. */
  close(): void {
    this.#isClosed = true
    this.#denyCache.clear()
  }

  /** What need not be asked, at once. */
  #known(charges: readonly Charge[]): readonly Verdict[] | undefined {
    this.#check(charges)
    const [charge, ...others] = charges
    if (!charge) return []
    const denial = others.length === 0 ? this.#denyCache.get(this.#keyOf(charge), charge) : undefined
    return denial && [denial]
  }

  async #decide(verb: 'consume' | 'peek', charges: readonly Charge[]): Promise<readonly Verdict[]> {
    if (charges.length === 1) return this.#decideOne(verb, charges[0]!)
    const parts = this.#partsOf(charges)
    return parts.length === 1 ? this.#ask(verb, charges) : this.#decideAcrossSlots(verb, parts)
  }

  async #decideOne(verb: 'consume' | 'peek', charge: Charge): Promise<readonly Verdict[]> {
    const key = this.#keyOf(charge)
    const asked = this.#denyCache.asking()
    const verdicts = await this.#ask(verb, [charge])
    this.#denyCache.learn(key, charge, verdicts[0]!, asked)
    return verdicts
  }

  /**
   * Nothing spans slots but to ask first: all are charged once all have said that they would admit. Should one deny after
   * all, to somebody who came between, the others give back.
   */
  async #decideAcrossSlots(verb: 'consume' | 'peek', parts: readonly Part[]): Promise<readonly Verdict[]> {
    const peeked = await Promise.all(parts.map(async ({ charges }) => this.#ask('peek', charges)))
    if (peeked.every(isAllowed)) return inOrder(parts, verb === 'peek' ? peeked : await this.#chargeAll(parts))
    const answers = parts.map(async ({ charges }, i) => {
      if (isAllowed(peeked[i]!)) return this.#ask('peek', charges.map(unspent))
      // Denies once more, and keeps what a denial has to keep after a clock stepped back.
      return verb === 'peek' ? peeked[i]! : this.#chargeOrUndo(charges, peeked[i]!)
    })
    return inOrder(parts, await Promise.all(answers))
  }

  async #chargeAll(parts: readonly Part[]): Promise<readonly (readonly Verdict[])[]> {
    const answers = await Promise.allSettled(parts.map(async ({ charges }) => this.#ask('consume', charges)))
    const isSpent = answers.map((answer) => answer.status === 'fulfilled' && isAllowed(answer.value))
    const isKept = isSpent.every(Boolean)
    return Promise.all(
      answers.map(async (answer, i) => {
        const verdicts = isSpent[i] && !isKept ? await this.#ask('undo', parts[i]!.charges) : undefined
        if (answer.status === 'rejected') throw answer.reason
        return verdicts ?? answer.value
      }),
    )
  }

  async #chargeOrUndo(charges: readonly Charge[], denial: readonly Verdict[]): Promise<readonly Verdict[]> {
    const verdicts = await this.#ask('consume', charges)
    if (!isAllowed(verdicts)) return verdicts
    await this.#ask('undo', charges)
    return denial
  }

  async #ask(verb: Verb, charges: readonly Charge[]): Promise<readonly Verdict[]> {
    const keys = charges.map((charge) => this.#keyOf(charge))
    const now = this.#clock && readClock(this.#clock)
    const slot = this.#slotOf(keys[0]!)
    let batcher = this.#batchers.get(slot)
    if (!batcher) this.#batchers.set(slot, (batcher = new Batcher(this.#client, this.#isBatching)))
    return batcher.ask(questionOf(verb, charges, keys, now))
  }

  /** The charges by slot. */
  #partsOf(charges: readonly Charge[]): readonly Part[] {
    const parts = new Map<number, { indexes: number[]; charges: Charge[] }>()
    for (const [index, charge] of charges.entries()) {
      const slot = this.#slotOf(this.#keyOf(charge))
      const part = parts.get(slot) ?? { indexes: [], charges: [] }
      part.indexes.push(index)
      part.charges.push(charge)
      parts.set(slot, part)
    }
    return [...parts.values()]
  }

  #slotOf(key: string): number {
    return this.#client.isCluster ? clusterKeySlot(key) : 0
  }

  #keyOf({ key, limit }: Charge): string {
    return this.#keyFor(TAGS[limit.algorithm as AlgorithmName], key)
  }

  /** The hash tag is whose key it is, so that all limits of one client are in one slot. */
  #keyFor(tag: string, key: string): string {
    const name = storageKey(key)
    const subject = name.indexOf('|') + 1
    return `${this.#prefix}:${STATE_VERSION}:${tag}:${name.slice(0, subject)}{${name.slice(subject)}}`
  }

  #check(charges: readonly Charge[]): void {
    if (this.#isClosed) throw new StoreError('RL_STORE_CLOSED', 'redis', 'The Redis store was used after it was closed')
    charges.forEach(checkCharge)
  }
}

function isAllowed(verdicts: readonly Verdict[]): boolean {
  return verdicts.every(({ allowed }) => allowed)
}

function unspent(charge: Charge): Charge {
  return { ...charge, cost: 0 }
}

function inOrder(parts: readonly Part[], answers: readonly (readonly Verdict[])[]): readonly Verdict[] {
  const verdicts: Verdict[] = []
  for (const [i, { indexes }] of parts.entries()) {
    for (const [j, index] of indexes.entries()) verdicts[index] = answers[i]![j]!
  }
  return verdicts
}

function refuse(message: string): never {
  throw new ConfigError('RL_INVALID_OPTION', message)
}
