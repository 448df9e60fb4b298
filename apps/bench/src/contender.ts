import type { AlgorithmName, Limit, MaybePromise } from '@rl/core'

/** What a contender holds each key to. */
export interface Quota {
  readonly quota: number
  readonly windowMs: number
}

/** Ours, in the order of the tables. */
export const ALGORITHMS: readonly AlgorithmName[] = [
  'fixed-window',
  'sliding-window-counter',
  'token-bucket',
  'sliding-window',
]

/** Asks for one of these keys after the other, as the contender's users do, and answers how many were admitted. */
export type Ask = (keys: readonly string[]) => Promise<number>

/** A limiter, or a floor under all of them. */
export interface Contender<Backend = void> {
  readonly name: string
  /** By which algorithm ours counts, if it is ours, which is to reach the aims. */
  readonly ours?: AlgorithmName
  /** Not if it is a floor that admits everything. @default true */
  readonly decides?: boolean
  readonly make: (quota: Quota, backend: Backend) => MaybePromise<Ask>
}

/** Asks by a function that answers for one key. Where that has to await something itself, this costs one `await` more. */
export function askEach(admits: (key: string) => MaybePromise<boolean>): Ask {
  return async function ask(keys) {
    let admitted = 0
    for (const key of keys) if (await admits(key)) admitted += 1
    return admitted
  }
}

/** Of a peer that rejects where it denies, with what it has decided. */
export async function isResolved(decision: Promise<unknown>): Promise<boolean> {
  try {
    await decision
    return true
  } catch (error) {
    if (error instanceof Error) throw error
    return false
  }
}

/** A limit and two that are wider, which a decision by three limits goes by. */
export function widened(limit: Limit): readonly [Limit, Limit, Limit] {
  return [limit, { ...limit, quota: 10 * limit.quota }, { ...limit, quota: 100 * limit.quota }]
}

/** A window that outlasts every check. */
const CHECKED: Quota = { quota: 3, windowMs: 3_600_000 }
const [A, B] = ['192.0.2.1', '192.0.2.2']
const KEYS = [A, B, A, A, A, A]
const ADMITTED = 4

/**
 * Sees to it that a contender admits what it should: one that is configured wrongly, and counts nothing, would be the
 * fastest of all.
 */
export async function checkContender<Backend>(contender: Contender<Backend>, backend: Backend): Promise<void> {
  const { name, decides = true, make } = contender
  const ask = await make(CHECKED, backend)
  expectAdmitted(`${name}, at 3 an hour`, await ask(KEYS), decides ? ADMITTED : KEYS.length)
}

/** @throws {Error} if a contender has not admitted what it should. */
export function expectAdmitted(who: string, admitted: number, expected: number): void {
  if (admitted !== expected) throw new Error(`Expected ${who}, to admit ${expected}, and it has admitted ${admitted}`)
}
