import { algorithms } from '@rl/core'
import type { AlgorithmName, Charge, Verdict } from '@rl/core'

import { TAGS } from './decide-script.ts'

export type Verb = 'consume' | 'peek' | 'refund' | 'undo'

/** One decision, as the script is asked for it. */
export interface Question {
  readonly keys: readonly string[]
  readonly args: readonly string[]
  readonly charges: readonly Charge[]
}

const FIELDS = 4

/** @param now Milliseconds; `undefined` for the server's own time. */
export function questionOf(
  verb: Verb,
  charges: readonly Charge[],
  keys: readonly string[],
  now: number | undefined,
): Question {
  const args = [verb, now === undefined ? '' : String(now), String(charges.length)]
  for (const { limit, cost } of charges) {
    const { algorithm, quota, windowMs, burst = quota } = limit
    args.push(TAGS[algorithm as AlgorithmName], String(quota), String(windowMs), String(burst), String(cost))
  }
  return { keys, args, charges }
}

/** Reads the replies to several questions, asked in one script call. */
export function verdictsOf(questions: readonly Question[], replies: readonly number[]): Verdict[][] {
  let at = 0
  return questions.map(({ charges }) =>
    charges.map(({ limit }) => {
      const [allowed, remaining, retryAfterMs, resetAfterMs] = replies.slice(at, at + FIELDS) as [
        number,
        number,
        number,
        number,
      ]
      at += FIELDS
      return {
        allowed: allowed === 1,
        limit: algorithms[limit.algorithm as AlgorithmName].capacity(limit),
        remaining,
        retryAfterMs: retryAfterMs < 0 ? Infinity : retryAfterMs,
        resetAfterMs,
      }
    }),
  )
}
