import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import type { Limit } from '../limits/limit.ts'
import type { State } from './algorithm.ts'
import { algorithms } from './algorithms.ts'
import type { AlgorithmName } from './algorithms.ts'
import { applyAlgorithm } from './apply-algorithm.ts'
import { limitsOf, NAMES, START } from './limits.fixture.ts'

interface Step {
  readonly wait: number
  readonly cost: number
}

/** Some charges, one of which is given back in part or whole after others; and what is asked afterwards. */
interface History {
  readonly limit: Limit
  readonly before: readonly Step[]
  readonly charged: Step
  /** How many of its units are given back. */
  readonly units: number
  readonly since: readonly Step[]
  readonly wait: number
  readonly later: readonly Step[]
}

/** Two counters with the same past: one was charged and given back, the other was never charged that much. */
interface Twins {
  readonly limit: Limit
  readonly now: number
  readonly refunded: State | undefined
  readonly spared: State | undefined
  /** Whether a window has been open, at some charge, that would not have been without the one given back. */
  readonly isOpener: boolean
  /** Parts of tokens that time had not refilled yet, of all that was spent when it was charged. */
  readonly unfilled: number
}

function historiesOf(algorithm: AlgorithmName): fc.Arbitrary<History> {
  return limitsOf(algorithm).chain((limit) => {
    const wait = fc.oneof(
      { weight: 3, arbitrary: fc.integer({ min: 0, max: Math.min(Math.ceil(limit.windowMs / 3), 100_000) }) },
      fc.constantFrom(0, 1, limit.windowMs - 1, limit.windowMs, limit.windowMs + 1),
    )
    const step = fc.record({ wait, cost: fc.integer({ min: 1, max: 4 }) })
    return fc.record({
      limit: fc.constant(limit),
      before: fc.array(step, { maxLength: 8 }),
      charged: step,
      units: fc.integer({ min: 1, max: 4 }),
      since: fc.array(step, { maxLength: 8 }),
      wait,
      later: fc.array(fc.record({ wait, cost: fc.integer({ min: 0, max: 4 }) }), { minLength: 1, maxLength: 8 }),
    })
  })
}

/** Nothing if the charge is denied: then there is nothing to give back. */
function twinsOf({ limit, before, charged, units, since, wait }: History): Twins | undefined {
  let now = START
  let state: State | undefined
  for (const step of before) state = applyAlgorithm(limit, state, step.cost, (now += step.wait)).state
  now += charged.wait
  const given = Math.min(units, charged.cost)
  const outcome = applyAlgorithm(limit, state, charged.cost, now)
  if (!outcome.verdict.allowed) return undefined
  const receipt = { at: now, resetAfterMs: outcome.verdict.resetAfterMs }
  const isOpen = (asked: State | undefined): boolean => applyAlgorithm(limit, asked, 0, now).verdict.resetAfterMs > 0
  let isOpener = given === charged.cost && !isOpen(state) && since.length > 0
  let refunded = outcome.state
  let spared = applyAlgorithm(limit, state, charged.cost - given, now).state
  for (const step of since) {
    now += step.wait
    const { verdict, state: next } = applyAlgorithm(limit, refunded, step.cost, now)
    if (!verdict.allowed) continue
    isOpener ||= isOpen(refunded) !== isOpen(spared)
    refunded = next
    spared = applyAlgorithm(limit, spared, step.cost, now).state
  }
  now += wait
  const unfilled = outcome.state![0]! - (now - receipt.at) * limit.quota
  refunded = refunded && algorithms[limit.algorithm as AlgorithmName].refund(refunded, given, now, receipt)
  return { limit, now, refunded, spared, isOpener, unfilled: unfilled - given * limit.windowMs }
}

/** The same verdicts from now on, and the same states to keep with each charge. */
function expectEqual({ limit, now, refunded, spared }: Twins, later: readonly Step[]): void {
  let [one, other, time] = [refunded, spared, now]
  for (const { wait, cost } of [{ wait: 0, cost: 0 }, ...later]) {
    time += wait
    const outcomes = [applyAlgorithm(limit, one, cost, time), applyAlgorithm(limit, other, cost, time)] as const
    expect(outcomes[0].verdict).toEqual(outcomes[1].verdict)
    if (outcomes[0].verdict.allowed && cost > 0) expect(outcomes[0].state).toEqual(outcomes[1].state)
    ;[one, other] = [outcomes[0].state, outcomes[1].state]
  }
}

function holds(algorithm: AlgorithmName, when: (twins: Twins) => boolean, histories = historiesOf(algorithm)): void {
  fc.assert(
    fc.property(histories, (history) => {
      const twins = twinsOf(history)
      fc.pre(twins !== undefined && when(twins))
      expectEqual(twins, history.later)
    }),
    { numRuns: 2000 },
  )
}

describe('a refund by receipt leaves what never charging so much would have left', () => {
  it.each(NAMES)('%s: where nothing has been charged since', (algorithm) => {
    holds(
      algorithm,
      () => true,
      historiesOf(algorithm).map((history) => ({ ...history, since: [] })),
    )
  })

  it('sliding-window: whatever has been charged since', () => {
    holds('sliding-window', () => true)
  })

  it.each(['fixed-window', 'sliding-window-counter'] as const)(
    '%s: whatever has been charged since, unless in a window that the charge had opened or kept open',
    (algorithm) => {
      holds(algorithm, ({ isOpener }) => !isOpener)
    },
  )

  it('token-bucket: whatever has been charged since, as long as time has refilled nothing of the charge itself', () => {
    holds('token-bucket', ({ unfilled }) => unfilled >= 0)
  })
})

describe('where it cannot, a refund by receipt', () => {
  it('fixed-window: leaves the window where the charge had opened it', () => {
    const limit: Limit = { algorithm: 'fixed-window', quota: 5, windowMs: 1000 }
    const opened = applyAlgorithm(limit, undefined, 2, START)
    const shared = applyAlgorithm(limit, opened.state, 1, START + 400)
    const { resetAfterMs } = opened.verdict
    const state = algorithms['fixed-window'].refund(shared.state!, 2, START + 500, { at: START, resetAfterMs })
    expect(applyAlgorithm(limit, state, 0, START + 500).verdict).toMatchObject({ remaining: 4, resetAfterMs: 500 })
  })

  it('token-bucket: gives back no more than that, but for less than a millisecond of refill', () => {
    fc.assert(
      fc.property(historiesOf('token-bucket'), (history) => {
        const twins = twinsOf(history)
        fc.pre(twins !== undefined)
        const { limit, now, refunded, spared } = twins
        const missing = ([parts, at] = [0, now] as State): number => Math.max(0, parts! - (now - at!) * limit.quota)
        expect(missing(spared) - missing(refunded)).toBeLessThan(limit.quota)
      }),
      { numRuns: 2000 },
    )
  })
})
