import { StoreError } from '@rl/core'
import type { Verdict } from '@rl/core'

import { runDecideScript } from './decide-script.ts'
import { verdictsOf } from './question.ts'
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
 * Sends the questions of one moment as one script call.
 *
 * What comes while nothing is under way leaves at the end of the current operation, so that a single question is not
 * delayed. What comes while the server is at work waits for the event loop to come round, and so for its company.
 */
export class Batcher {
  readonly #client: RedisClient
  readonly #size: number
  #waiting: Waiting[] = []
  #underWay = 0
  #isScheduled = false

  constructor(client: RedisClient, isBatching: boolean) {
    this.#client = client
    this.#size = isBatching ? LARGEST_BATCH : 1
  }

  async ask(question: Question): Promise<readonly Verdict[]> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ question, resolve, reject })
      if (this.#waiting.length >= this.#size) this.#send()
      else if (!this.#isScheduled) {
        this.#isScheduled = true
        if (this.#underWay === 0) process.nextTick(() => this.#send())
        else setImmediate(() => this.#send())
      }
    })
  }

  #send(): void {
    this.#isScheduled = false
    const batch = this.#waiting
    if (batch.length === 0) return
    this.#waiting = []
    this.#underWay += 1
    void this.#answer(batch).finally(() => {
      this.#underWay -= 1
    })
  }

  async #answer(batch: readonly Waiting[]): Promise<void> {
    const questions = batch.map(({ question }) => question)
    try {
      const keys = questions.flatMap((question) => question.keys)
      const args = questions.flatMap((question) => question.args)
      const verdicts = verdictsOf(questions, await runDecideScript(this.#client, keys, args))
      for (const [i, { resolve }] of batch.entries()) resolve(verdicts[i]!)
    } catch (cause) {
      for (const { reject } of batch) reject(failure(cause))
    }
  }
}

export function failure(cause: unknown): StoreError {
  const message = cause instanceof Error ? cause.message : String(cause)
  return new StoreError('RL_STORE_FAILED', 'redis', `Redis could not answer: ${message}`, { cause })
}
