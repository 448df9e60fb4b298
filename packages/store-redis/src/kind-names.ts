import type { AlgorithmName, Charge, Limit } from '@rl/core'

import { TAGS } from './decide-script.ts'
import type { Verb } from './question.ts'

const SERVER_TIME = '-'

/**
 * What a decision asks for, all but the keys, as text: the arguments of the script with spaces between. Decisions of one
 * kind have the same text.
 *
 * Most decisions of a moment are of one kind, so the last text is kept, with the numbers that it was made from: to compare
 * those takes a fifth of the time that it takes to make the text again. By value, since a limit is the caller's, who may
 * change it.
 */
export class KindNames {
  #verb: Verb = 'consume'
  #now: number | undefined
  #charges: readonly Charge[] = []
  #text = ''

  /** @param now Milliseconds; `undefined` for the server's own time. */
  nameOf(verb: Verb, charges: readonly Charge[], now: number | undefined): string {
    // A refund names the moment of its charge, which is another each time.
    if (verb === 'refund') return textOf(verb, charges, now)
    if (verb !== this.#verb || now !== this.#now || !isAlike(charges, this.#charges)) {
      this.#verb = verb
      this.#now = now
      this.#charges = charges.map(({ limit, cost }) => ({ key: '', limit: { ...limit }, cost }))
      this.#text = textOf(verb, charges, now)
    }
    return this.#text
  }
}

function textOf(verb: Verb, charges: readonly Charge[], now: number | undefined): string {
  let text = `${verb} ${now ?? SERVER_TIME} ${charges.length}`
  for (const { limit, cost, receipt } of charges) {
    const { algorithm, quota, windowMs, burst = quota } = limit
    text += ` ${TAGS[algorithm as AlgorithmName]} ${quota} ${windowMs} ${burst} ${cost}`
    if (verb === 'refund') text += receipt ? ` ${receipt.at} ${receipt.resetAfterMs}` : ' - -'
  }
  return text
}

function isAlike(some: readonly Charge[], others: readonly Charge[]): boolean {
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
