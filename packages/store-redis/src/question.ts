import { algorithms } from '@rl/core'
import type { AlgorithmName, Charge, Verdict } from '@rl/core'

import { TAGS } from './decide-script.ts'

export type Verb = 'consume' | 'peek' | 'refund' | 'undo'

/** One decision, as the script is asked for it. */
export interface Question {
  readonly keys: readonly string[]
  /** All but the keys, with spaces between: of which kind it is. Most decisions of a moment are of one or two kinds. */
  readonly kind: string
  readonly charges: readonly Charge[]
  /** The time to decide by; none for the server's own. */
  readonly now: number | undefined
}

const FAILED = 'failed'
const SERVER_TIME = '-'

/** @param now Milliseconds; `undefined` for the server's own time. */
export function questionOf(
  verb: Verb,
  charges: readonly Charge[],
  keys: readonly string[],
  now: number | undefined,
): Question {
  let kind = `${verb} ${now ?? SERVER_TIME} ${charges.length}`
  for (const { limit, cost, receipt } of charges) {
    const { algorithm, quota, windowMs, burst = quota } = limit
    kind += ` ${TAGS[algorithm as AlgorithmName]} ${quota} ${windowMs} ${burst} ${cost}`
    if (verb === 'refund') kind += receipt ? ` ${receipt.at} ${receipt.resetAfterMs}` : ' - -'
  }
  return { keys, kind, charges, now }
}

/** The arguments of a script call for several questions: their different kinds, then of which kind each is. */
export function argumentsOf(questions: readonly Question[]): string[] {
  const numbers = new Map<string, number>()
  const args: string[] = []
  let plan = ''
  for (const { kind } of questions) {
    let number = numbers.get(kind)
    if (number === undefined) {
      number = numbers.size + 1
      numbers.set(kind, number)
      args.push(...kind.split(' '))
    }
    plan += String.fromCharCode(number)
  }
  args.push(plan)
  return args
}

/** Reads the replies to several questions, asked in one script call: verdicts, or what the question failed with. */
export function answersTo(questions: readonly Question[], replies: readonly unknown[]): (Verdict[] | Error)[] {
  let at = 0
  // Clients may be set to answer whole numbers as text.
  const next = (): number => Number(replies[at++])
  const serverTime = Number(replies.at(-1))
  return questions.map(({ charges, now = serverTime }) => {
    if (replies[at] === FAILED) {
      const reason = String(replies[at + 1])
      at += 2 * charges.length
      return new Error(reason)
    }
    return charges.map(({ limit }) => {
      const head = next()
      const allowed = head >= 0
      const retryAfterMs = allowed ? 0 : next()
      return {
        allowed,
        limit: algorithms[limit.algorithm as AlgorithmName].capacity(limit),
        remaining: allowed ? head : -1 - head,
        retryAfterMs: retryAfterMs < 0 ? Infinity : retryAfterMs,
        resetAfterMs: next(),
        at: now,
      }
    })
  })
}
