import { algorithms } from '@rl/core'
import type { AlgorithmName, Charge, Verdict } from '@rl/core'

import { TAGS } from './decide-script.ts'

export type Verb = 'consume' | 'peek' | 'refund' | 'undo'

/** One decision, as the script is asked for it. */
export interface Question {
  readonly keys: readonly string[]
  /** All but the keys: the arguments that say of which kind it is. Most decisions of a moment are of one or two kinds. */
  readonly kind: readonly string[]
  readonly charges: readonly Charge[]
}

const FIELDS = 4
const FAILED = 2

/** @param now Milliseconds; `undefined` for the server's own time. */
export function questionOf(
  verb: Verb,
  charges: readonly Charge[],
  keys: readonly string[],
  now: number | undefined,
): Question {
  const kind = [verb, now === undefined ? '' : String(now), String(charges.length)]
  for (const { limit, cost } of charges) {
    const { algorithm, quota, windowMs, burst = quota } = limit
    kind.push(TAGS[algorithm as AlgorithmName], String(quota), String(windowMs), String(burst), String(cost))
  }
  return { keys, kind, charges }
}

/** The arguments of a script call for several questions: their different kinds, then of which kind each is. */
export function argumentsOf(questions: readonly Question[]): string[] {
  const numbers = new Map<string, number>()
  const args: string[] = []
  let plan = ''
  for (const { kind } of questions) {
    const name = kind.join(' ')
    let number = numbers.get(name)
    if (number === undefined) {
      number = numbers.size + 1
      numbers.set(name, number)
      args.push(...kind)
    }
    plan += String.fromCharCode(number)
  }
  return [...args, plan]
}

/** Reads the replies to several questions, asked in one script call: verdicts, or what the question failed with. */
export function answersTo(questions: readonly Question[], replies: readonly unknown[]): (Verdict[] | Error)[] {
  let at = 0
  return questions.map(({ charges }) => {
    const first = at
    at += FIELDS * charges.length
    if (Number(replies[first]) === FAILED) return new Error(String(replies[first + 1]))
    return charges.map(({ limit }, i) => {
      const [allowed, remaining, retryAfterMs, resetAfterMs] = fieldsAt(replies, first + FIELDS * i)
      return {
        allowed: allowed === 1,
        limit: algorithms[limit.algorithm as AlgorithmName].capacity(limit),
        remaining,
        retryAfterMs: retryAfterMs < 0 ? Infinity : retryAfterMs,
        resetAfterMs,
      }
    })
  })
}

/** Clients may be set to answer whole numbers as text. */
function fieldsAt(replies: readonly unknown[], at: number): [number, number, number, number] {
  return [Number(replies[at]), Number(replies[at + 1]), Number(replies[at + 2]), Number(replies[at + 3])]
}
