import { StoreError } from '@rl/core'
import type { StoreErrorCode, Verdict } from '@rl/core'

import { runDecideScript } from './decide-script.ts'
import { answersTo, argumentsOf } from './question.ts'
import type { Question } from './question.ts'
import type { RedisClient } from './redis-client.ts'

interface Waiting {
  readonly question: Question
  readonly resolve: (verdicts: readonly Verdict[]) => void
  readonly reject: (error: unknown) => void
}

/** A script call holds up all other clients of the server while it runs: a few hundred microseconds at most. */
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
  #waiting: Waiting[] = []
  #underWay = 0
  #isScheduled = false

  constructor(client: RedisClient, isBatching: boolean) {
    this.#client = client
    this.#isBatching = isBatching
  }

  async ask(question: Question): Promise<readonly Verdict[]> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ question, resolve, reject })
      if (this.#isScheduled) return
      this.#isScheduled = true
      if (this.#underWay === 0) process.nextTick(() => this.flush())
      else setImmediate(() => this.flush())
    })
  }

  /** Sends what is waiting now. */
  flush(): void {
    this.#isScheduled = false
    const waiting = this.#waiting
    this.#waiting = []
    const size = this.#batchSize(waiting.length)
    for (let first = 0; first < waiting.length; first += size) {
      this.#underWay += 1
      void this.#answer(waiting.slice(first, first + size)).finally(() => {
        this.#underWay -= 1
      })
    }
  }

  #batchSize(count: number): number {
    if (!this.#isBatching) return 1
    const least = this.#underWay === 0 && count >= WORTH_HALVING ? 2 : 1
    return Math.ceil(count / Math.max(least, Math.ceil(count / LARGEST_BATCH)))
  }

  async #answer(batch: readonly Waiting[]): Promise<void> {
    const questions = batch.map(({ question }) => question)
    try {
      const keys = questions.flatMap((question) => question.keys)
      const answers = answersTo(questions, await runDecideScript(this.#client, keys, argumentsOf(questions)))
      for (const [i, { resolve, reject }] of batch.entries()) {
        const answer = answers[i]!
        if (answer instanceof Error) reject(failure(answer))
        else resolve(answer)
      }
    } catch (cause) {
      for (const { reject } of batch) reject(failure(cause))
    }
  }
}

const CODES = [
  ['OOM', 'RL_STORE_FULL'],
  ['READONLY', 'RL_STORE_READONLY'],
] as const satisfies [string, StoreErrorCode][]

export function failure(cause: unknown): StoreError {
  const message = cause instanceof Error ? cause.message : String(cause)
  const code = CODES.find(([said]) => message.includes(said))?.[1] ?? 'RL_STORE_FAILED'
  return new StoreError(code, 'redis', `Redis could not answer: ${message}`, { cause })
}
