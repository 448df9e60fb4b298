import { algorithms } from '@rl/core'
import type { AlgorithmName, Charge, Verdict } from '@rl/core'

export type Verb = 'consume' | 'peek' | 'refund'

/** One decision, as the script is asked for it. */
export interface Question {
  readonly keys: readonly string[]
  /** All but the keys, as `Kinds` has it. */
  readonly kind: readonly string[]
  readonly charges: readonly Charge[]
  /** The time to decide by; none for the server's own. */
  readonly now: number | undefined
}

const FAILED = 'failed'

/** The keys and the arguments of a script call for several questions: their different kinds, then of which kind each is. */
export function argumentsOf(questions: readonly Question[]): { keys: string[]; args: string[] } {
  const keys: string[] = []
  const args: string[] = []
  const marks = new Map<readonly string[], string>()
  let plan = ''
  let lastKind: readonly string[] | undefined
  let mark = ''
  for (const question of questions) {
    for (const key of question.keys) keys.push(key)
    if (question.kind !== lastKind) {
      lastKind = question.kind
      mark = marks.get(lastKind) ?? ''
      if (mark === '') {
        mark = String.fromCharCode(marks.size + 1)
        marks.set(lastKind, mark)
        args.push(...lastKind)
      }
    }
    plan += mark
  }
  args.push(plan)
  return { keys, args }
}

/**
 * Reads the replies to several questions, asked in one script call, and hands on for each its verdicts, or what it failed
 * with.
 */
export function readAnswers<Q extends Question>(
  questions: readonly Q[],
  replies: readonly unknown[],
  onAnswer: (question: Q, answer: Verdict[] | Error) => void,
): void {
  const serverTime = Number(replies.at(-1))
  let at = 0
  for (const question of questions) {
    const { charges, now = serverTime } = question
    if (replies[at] === FAILED) {
      const reason = String(replies[at + 1])
      at += 2 * charges.length
      onAnswer(question, new Error(reason))
      continue
    }
    const verdicts: Verdict[] = []
    for (const { limit } of charges) {
      // Clients may be set to answer whole numbers as text.
      const head = Number(replies[at++])
      const allowed = head >= 0
      const retryAfterMs = allowed ? 0 : Number(replies[at++])
      verdicts.push({
        allowed,
        limit: algorithms[limit.algorithm as AlgorithmName].capacity(limit),
        remaining: allowed ? head : -1 - head,
        retryAfterMs: retryAfterMs < 0 ? Infinity : retryAfterMs,
        resetAfterMs: Number(replies[at++]),
        at: now,
      })
    }
    onAnswer(question, verdicts)
  }
}
