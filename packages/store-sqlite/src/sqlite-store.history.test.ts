import { parseLimit } from '@rl/core'
import type { Charge, MaybePromise, Store, Verdict } from '@rl/core'
import { MemoryStore } from '@rl/store-memory'
import { expect, it } from 'vitest'

import { SqliteStore } from './sqlite-store.ts'
import { temporaryFiles } from './store-tests.fixture.ts'

const STEPS = 10_000
const LIMITS = [
  parseLimit({ rate: '5 per 10 s', algorithm: 'fixed-window' }),
  parseLimit({ rate: '20 per minute', algorithm: 'fixed-window' }),
  parseLimit({ rate: '6 per 10 s', algorithm: 'sliding-window' }),
  parseLimit({ rate: '7 per 10 s', algorithm: 'sliding-window-counter' }),
  parseLimit({ rate: '30 per minute', algorithm: 'sliding-window-counter' }),
  parseLimit({ rate: '10 per 7 s', algorithm: 'token-bucket', burst: 4 }),
  parseLimit({ rate: '1 per 3 ms', algorithm: 'token-bucket' }),
]

const newPath = temporaryFiles()

/** Numbers that look random and are the same every time (mulberry32). */
function randomNumbers(seed: number): (below: number) => number {
  let a = seed
  return (below) => {
    a = (a + 0x6d2b79f5) | 0
    let t = Math.imul(a ^ (a >>> 15), 1 | a)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) % below
  }
}

it('answers 10,000 random steps as the memory store does', { timeout: 60_000 }, async () => {
  const random = randomNumbers(1)
  const time = { now: 1_700_000_000_000 }
  const clock = () => time.now
  const memory = new MemoryStore({ clock })
  const sqlite = new SqliteStore({ path: newPath(), clock })
  const charges = (): Charge[] =>
    Array.from({ length: 1 + random(3) }, () => ({
      key: `user:${random(20)}`,
      limit: LIMITS[random(LIMITS.length)]!,
      cost: random(10) ? 1 + random(3) : random(12),
    }))
  const verbs = [consume, consume, consume, consume, consume, peek, refund, reset]
  let denials = 0

  for (let step = 0; step < STEPS; step++) {
    if (random(100) === 0) await turnBack(random(15_000))
    else time.now += random(20) ? random(200) : random(20_000)
    const verb = verbs[random(verbs.length)]!
    const asked = charges()
    const answer = await verb(sqlite, asked)
    expect(answer, `step ${step}`).toEqual(await verb(memory, asked))
    if (answer?.some(({ allowed }) => !allowed)) denials += 1
  }
  expect(denials).toBeGreaterThan(STEPS / 10)
  expect(denials).toBeLessThan(STEPS / 2)
  await sqlite.close()

  /** What has been forgotten by now, one store sooner than the other, would matter again then. */
  async function turnBack(ms: number): Promise<void> {
    while (!memory.sweep());
    while (!(await sqlite.sweep()));
    time.now -= ms
  }
})

type Verb = (store: Store, charges: readonly Charge[]) => MaybePromise<readonly Verdict[] | void>

const consume: Verb = (store, charges) => store.consume(charges)
const peek: Verb = (store, charges) => store.peek(charges)
const refund: Verb = (store, charges) => store.refund(charges)
const reset: Verb = (store, charges) => store.reset(charges[0]!.key)
