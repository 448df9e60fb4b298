import { StoreError } from '@rl/core'
import type { StoreErrorCode, Verdict } from '@rl/core'

import { runDecideScript } from './decide-script.ts'
import type { DenyCache } from './deny-cache.ts'
import { argumentsOf, readAnswers } from './question.ts'
import type { Question } from './question.ts'
import type { RedisClient } from './redis-client.ts'

/** A question, and who waits for its answer: one object and one promise for each, since there are so many. */
export interface Waiting extends Question {
  /** Where its one charge is to be remembered if it is denied: the deny cache's epoch in which it was asked. */
  readonly epoch: number | undefined
  readonly resolve: (verdicts: readonly Verdict[]) => void
  readonly reject: (error: unknown) => void
}

/** A script call holds up all other clients of the server while it runs: a few hundred microseconds at most, but where logs are given back to. */
const LARGEST_BATCH = 100

/**
 * From so many on, what starts while nothing is under way leaves in two halves: from then on the server works on one while
 * this process works on the other. At 64 in flight that is a quarter more decisions a second than all in one call.
 */
const WORTH_HALVING = 16

/**
 * Sends the questions of one moment together, as one script call or a few.
 *
 * What comes while nothing is under way leaves at the end of the current operation, so that a single question is not
 * delayed. What comes while the server is at work waits for the event loop to come round, and so for its company.
 */
export class Batcher {
  readonly #client: RedisClient
  readonly #isBatching: boolean
  readonly #denyCache: DenyCache
  #waiting: Waiting[] = []
  #underWay = 0
  #isScheduled = false

  constructor(client: RedisClient, isBatching: boolean, denyCache: DenyCache) {
    this.#client = client
    this.#isBatching = isBatching
    this.#denyCache = denyCache
  }

  add(waiting: Waiting): void {
    this.#waiting.push(waiting)
    if (this.#isScheduled) return
    this.#isScheduled = true
    if (this.#underWay === 0) process.nextTick(this.flush)
    else setImmediate(this.flush)
  }

  /** Sends what is waiting now. */
  readonly flush = (): void => {
    this.#isScheduled = false
    const waiting = this.#waiting
    this.#waiting = []
    const size = this.#batchSize(waiting.length)
    for (let first = 0; first < waiting.length; first += size) {
      void this.#answer(size < waiting.length ? waiting.slice(first, first + size) : waiting)
    }
  }

  #batchSize(count: number): number {
    if (!this.#isBatching) return 1
    const least = this.#underWay === 0 && count >= WORTH_HALVING ? 2 : 1
    return Math.ceil(count / Math.max(least, Math.ceil(count / LARGEST_BATCH)))
  }

  async #answer(batch: readonly Waiting[]): Promise<void> {
    this.#underWay += 1
    try {
      const sentAt = this.#denyCache.now()
      const { keys, args } = argumentsOf(batch)
      const replies = await runDecideScript(this.#client, keys, args)
      readAnswers(batch, replies, (question, answer) => this.#deliver(question, answer, sentAt))
    } catch (cause) {
      for (const { reject } of batch) reject(failure(cause))
    } finally {
      // Before those who are answered ask again: what they ask then is to leave at once.
      this.#underWay -= 1
    }
  }

  #deliver({ keys, charges, now, epoch, resolve, reject }: Waiting, answer: Verdict[] | Error, sentAt: number): void {
    if (answer instanceof Error) {
      reject(failure(answer))
      return
    }
    if (epoch !== undefined) this.#denyCache.learn(keys[0]!, charges[0]!, answer[0]!, { at: now ?? sentAt, epoch })
    resolve(answer)
  }
}

const CODES = [
  ['OOM', 'RL_STORE_FULL'],
  ['READONLY', 'RL_STORE_READONLY'],
] as const satisfies [string, StoreErrorCode][]

export function failure(cause: unknown): StoreError {
  const message = cause instanceof Error ? cause.message : String(cause)
  const code = CODES.find(([said]) => message.startsWith(said))?.[1] ?? 'RL_STORE_FAILED'
  return new StoreError(code, 'redis', `Redis could not answer: ${message}`, { cause })
}
