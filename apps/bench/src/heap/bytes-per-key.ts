import { expectAdmitted } from '../contender.ts'
import type { Contender, Quota } from '../contender.ts'
import { keyOf } from '../keys.ts'
import type { Measures } from '../part.ts'
import { fill, usedBytes } from './fill.ts'

const QUOTA: Quota = { quota: 3, windowMs: 3_600_000 }

/** How many bytes a live key takes, its own text of twelve characters included. */
export async function bytesPerKey({ name, make }: Contender, keys: number): Promise<Measures> {
  const ask = await make(QUOTA)
  const before = usedBytes()
  const filled = await fill(ask, keys)
  const bytes = (usedBytes() - before) / keys
  // Each has been counted, and is still known.
  expectAdmitted(name, filled + (await ask(Array.from({ length: 4 }, () => keyOf(0)))), keys + 2)
  return { bytes }
}
