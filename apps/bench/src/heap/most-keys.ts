import { expectAdmitted } from '../contender.ts'
import type { Contender, Quota } from '../contender.ts'
import { keyOf } from '../keys.ts'
import type { Measures } from '../part.ts'
import { fill, usedBytes } from './fill.ts'

const QUOTA: Quota = { quota: 3, windowMs: 24 * 3_600_000 }
const STEP = 100_000

/** Adds keys up to a number, or until that fails. */
export async function mostKeys({ name, make }: Contender, most: number): Promise<Measures> {
  const ask = await make(QUOTA)
  const before = usedBytes()
  const start = performance.now()
  let keys = 0
  try {
    for (; keys < most; keys += STEP) await fill(ask, STEP, keys)
  } catch (error) {
    // This is what a Map that is full says.
    if (!(error instanceof RangeError)) throw error
  }
  const addNs = ((performance.now() - start) * 1e6) / keys
  const bytes = (usedBytes() - before) / keys
  // The first has been counted, and is still known.
  expectAdmitted(name, await ask(Array.from({ length: 4 }, () => keyOf(0))), 2)
  return { millions: keys / 1e6, bytes, addNs }
}
