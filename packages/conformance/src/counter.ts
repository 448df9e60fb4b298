import assert from 'node:assert/strict'

import { algorithms, applyAlgorithm } from '@rl/core'
import type { Charge, Limit, Receipt, Store, Verdict } from '@rl/core'

import type { StoreCaseContext } from './store-case.ts'

/** One key under one limit, in the store that is tested. */
export class Counter {
  readonly key: string
  readonly limit: Limit
  readonly #store: Store

  constructor(store: Store, key: string, limit: Limit) {
    this.#store = store
    this.key = key
    this.limit = Object.freeze({ ...limit })
  }

  charge(cost = 1): Charge {
    return Object.freeze({ key: this.key, limit: this.limit, cost })
  }

  async consume(cost = 1): Promise<Verdict> {
    return onlyOne(await this.#store.consume(Object.freeze([this.charge(cost)])))
  }

  /** Spends, and answers what a refund of just that needs. */
  async spend(cost = 1): Promise<Receipt> {
    const [verdict] = await this.#store.consume(Object.freeze([this.charge(cost)]))
    assert.equal(verdict?.allowed, true, 'Expected a charge to be admitted')
    assert.ok(Number.isSafeInteger(verdict.at), 'Expected a verdict to tell its time')
    return { at: verdict.at!, resetAfterMs: verdict.resetAfterMs }
  }

  async peek(cost = 1): Promise<Verdict> {
    return onlyOne(await this.#store.peek(Object.freeze([this.charge(cost)])))
  }

  async refund(cost = 1, receipt?: Receipt): Promise<void> {
    const charge = this.charge(cost)
    await this.#store.refund(Object.freeze([receipt ? { ...charge, receipt } : charge]))
  }

  /** Another key under the same limit. */
  named(key: string): Counter {
    return new Counter(this.#store, key, this.limit)
  }

  /** The same key under another limit. */
  under(limit: Partial<Limit>): Counter {
    return new Counter(this.#store, this.key, { ...this.limit, ...limit })
  }
}

/** One counter for each algorithm of core, of the same quota and window, and each with a key of its own. */
export function oneOfEachAlgorithm({ store }: StoreCaseContext, quota: number, windowMs: number): readonly Counter[] {
  return Object.keys(algorithms).map((algorithm) => new Counter(store, algorithm, { algorithm, quota, windowMs }))
}

/** Runs a check under each algorithm in turn; where one fails, the error says which. */
export async function underEachAlgorithm(
  context: StoreCaseContext,
  quota: number,
  windowMs: number,
  check: (counter: Counter) => Promise<void>,
): Promise<void> {
  for (const counter of oneOfEachAlgorithm(context, quota, windowMs)) {
    try {
      await check(counter)
    } catch (error) {
      if (error instanceof Error) error.message = `Under ${counter.limit.algorithm}: ${error.message}`
      throw error
    }
  }
}

/** What a counter that nobody has used answers. */
export function verdictOfUnused({ limit }: Counter, cost = 1): Verdict {
  return applyAlgorithm(limit, undefined, cost, 0).verdict
}

/** Which of the charges are admitted, in their order. */
export function admissions(verdicts: readonly Verdict[]): readonly boolean[] {
  return verdicts.map(({ allowed }) => allowed)
}

function onlyOne(verdicts: readonly Verdict[]): Verdict {
  const [verdict] = verdicts
  assert.ok(verdict && verdicts.length === 1, `Expected one verdict for one charge, got ${verdicts.length}`)
  return untimed(verdict)
}

/** A verdict without the time of it, to be compared with one of another time. */
export function untimed({ at: _at, ...verdict }: Verdict): Verdict {
  return verdict
}
