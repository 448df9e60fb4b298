import type { Clock } from '@rl/core'

import type { Outcome, PlanName, PlanTraffic } from '../page/messages.ts'

const SECONDS = 60

/** Counts requests by plan, outcome and second, for the last minute. */
export class Traffic {
  readonly #clock: Clock
  readonly #counts: ReadonlyMap<PlanName, Record<Outcome, number[]>>
  #second: number

  /** @param clock Monotonic, in milliseconds. */
  constructor(plans: readonly PlanName[], clock: Clock = () => performance.now()) {
    this.#clock = clock
    this.#second = this.#now()
    this.#counts = new Map(
      plans.map((plan) => [plan, { admitted: noRequests(), denied: noRequests(), banned: noRequests() }]),
    )
  }

  count(plan: PlanName, outcome: Outcome): void {
    this.#catchUp()
    this.#counts.get(plan)![outcome][this.#second % SECONDS]! += 1
  }

  lastMinute(): readonly PlanTraffic[] {
    this.#catchUp()
    const first = (this.#second + 1) % SECONDS
    const inOrder = (counts: readonly number[]): number[] => [...counts.slice(first), ...counts.slice(0, first)]
    return [...this.#counts].map(([plan, { admitted, denied, banned }]) => ({
      plan,
      seconds: { admitted: inOrder(admitted), denied: inOrder(denied), banned: inOrder(banned) },
    }))
  }

  /** How much of the current second is over, from 0 to 1. */
  get secondPart(): number {
    return (this.#clock() % 1000) / 1000
  }

  #now(): number {
    return Math.floor(this.#clock() / 1000)
  }

  /** Empties the seconds that have passed since the last look: they stand for new ones. */
  #catchUp(): void {
    const now = this.#now()
    const from = Math.max(this.#second, now - SECONDS) + 1
    for (let second = from; second <= now; second++) {
      for (const counts of this.#counts.values())
        for (const seconds of Object.values(counts)) seconds[second % SECONDS] = 0
    }
    this.#second = now
  }
}

function noRequests(): number[] {
  return Array.from({ length: SECONDS }, () => 0)
}
