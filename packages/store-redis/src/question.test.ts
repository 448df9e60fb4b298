import { parseLimit } from '@rl/core'
import type { Charge } from '@rl/core'
import { expect, it } from 'vitest'

import { argumentsOf, readAnswers } from './question.ts'
import type { Question } from './question.ts'

const one: Charge = { key: 'a', limit: parseLimit('5 per minute'), cost: 1 }
const questionOf = (keys: readonly string[], kind: readonly string[] = [], now?: number): Question => ({
  keys,
  kind,
  charges: keys.map((key) => ({ ...one, key })),
  now,
})

it('is put with each kind once, however often it comes', () => {
  const [spending, look] = [
    ['consume', '-', '1', 'x'],
    ['peek', '-', '2', 'x', 'y'],
  ]
  const questions = [
    questionOf(['a'], spending),
    questionOf(['b', 'c'], look),
    questionOf(['d'], spending),
    questionOf(['e'], spending),
  ]
  expect(argumentsOf(questions)).toEqual({
    keys: ['a', 'b', 'c', 'd', 'e'],
    args: ['consume', '-', '1', 'x', 'peek', '-', '2', 'x', 'y', '\u0001\u0002\u0001\u0001'],
  })
})

it('is answered by its own replies, beside those that fail', () => {
  const questions = [questionOf(['a'], [], 7), questionOf(['b', 'c']), questionOf(['d', 'e']), questionOf(['f'])]
  const replies = [3, 100, 'failed', 'why', 'failed', 'why', '0', '50', '-1', '20', '30', -3, -1, 40, 1000]
  const answers: unknown[] = []
  readAnswers(questions, replies, (question, answer) => {
    expect(question).toBe(questions[answers.length])
    answers.push(answer)
  })
  const verdict = { limit: 5, at: 1000 }
  expect(answers).toEqual([
    [{ ...verdict, at: 7, allowed: true, remaining: 3, retryAfterMs: 0, resetAfterMs: 100 }],
    new Error('why'),
    [
      { ...verdict, allowed: true, remaining: 0, retryAfterMs: 0, resetAfterMs: 50 },
      { ...verdict, allowed: false, remaining: 0, retryAfterMs: 20, resetAfterMs: 30 },
    ],
    [{ ...verdict, allowed: false, remaining: 2, retryAfterMs: Infinity, resetAfterMs: 40 }],
  ])
})
