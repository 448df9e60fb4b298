import type { AlgorithmName, Charge, Limit } from '@rl/core'

import { TAGS } from './decide-script.ts'
import type { Verb } from './question.ts'

const SERVER_TIME = '-'

/** So many are searched in less time than it takes to write one. */
const MOST_KNOWN = 16

interface Kind {
  readonly verb: Verb
  readonly now: number | undefined
  readonly charges: readonly Pick<Charge, 'limit' | 'cost'>[]
  readonly args: readonly string[]
}

/**
 * What decisions ask for, all but the keys, as the arguments of the script. Decisions of one kind mostly have the same array.
 *
 * Most decisions of a moment are of a few kinds, so the last ones are kept, with the numbers that they were made from: to
 * find one takes 20 ns, to write it 260 (in a loop, Node 24 on an EPYC). By value, since a limit is the caller's, who may change it.
 */
export class Kinds {
  readonly #known: Kind[] = []
  #next = 0

  /** @param now Milliseconds; `undefined` for the server's own time. */
  argumentsFor(verb: Verb, charges: readonly Charge[], now: number | undefined): readonly string[] {
    // A refund names the moment of its charge, which is another each time.
    if (verb === 'refund') return written(verb, charges, now)
    for (const kind of this.#known) {
      if (kind.verb === verb && kind.now === now && isAlike(kind.charges, charges)) return kind.args
    }
    const args = written(verb, charges, now)
    this.#known[this.#next] = {
      verb,
      now,
      charges: charges.map(({ limit, cost }) => ({ limit: { ...limit }, cost })),
      args,
    }
    this.#next = (this.#next + 1) % MOST_KNOWN
    return args
  }
}

function written(verb: Verb, charges: readonly Charge[], now: number | undefined): readonly string[] {
  const args = [verb, `${now ?? SERVER_TIME}`, `${charges.length}`]
  for (const { limit, cost, receipt } of charges) {
    const { algorithm, quota, windowMs, burst = quota } = limit
    args.push(TAGS[algorithm as AlgorithmName], `${quota}`, `${windowMs}`, `${burst}`, `${cost}`)
    if (verb === 'refund') args.push(`${receipt?.at ?? '-'}`, `${receipt?.resetAfterMs ?? '-'}`)
  }
  return args
}

function isAlike(some: Kind['charges'], others: Kind['charges']): boolean {
  if (some.length !== others.length) return false
  for (let i = 0; i < some.length; i++) {
    const [one, other] = [some[i]!, others[i]!]
    if (one.cost !== other.cost || !isSame(one.limit, other.limit)) return false
  }
  return true
}

/** Whether two limits say the same. */
export function isSame(a: Limit, b: Limit): boolean {
  return a.algorithm === b.algorithm && a.quota === b.quota && a.windowMs === b.windowMs && a.burst === b.burst
}
