import type { Charge, Verdict } from '@rl/core'

import type { Verb } from './question.ts'

/** Charges whose keys are in one slot, and where they stood in the call. */
export interface Part {
  readonly slot: number
  readonly indexes: readonly number[]
  readonly charges: readonly Charge[]
  readonly keys: readonly string[]
}

type Ask = (verb: Verb, part: Part) => Promise<readonly Verdict[]>

/**
 * Decides charges in several slots of a cluster, which no script can span, all or nothing in effect: asks first, and
 * charges once all have said that they would admit. Should one deny after all, to somebody who came between, the others
 * give back.
 */
export async function decideAcrossSlots(
  verb: 'consume' | 'peek',
  parts: readonly Part[],
  ask: Ask,
): Promise<readonly Verdict[]> {
  const peeked = await Promise.all(parts.map((part) => ask('peek', part)))
  if (peeked.every(isAllowed)) return inOrder(parts, verb === 'peek' ? peeked : await chargeAll(parts, ask))
  const answers = parts.map(async (part, i) => {
    if (isAllowed(peeked[i]!)) return ask('peek', { ...part, charges: part.charges.map(unspent) })
    // Denies once more, and keeps what a denial has to keep after a clock stepped back.
    return verb === 'peek' ? peeked[i]! : chargeOrUndo(part, peeked[i]!, ask)
  })
  return inOrder(parts, await Promise.all(answers))
}

async function chargeAll(parts: readonly Part[], ask: Ask): Promise<readonly (readonly Verdict[])[]> {
  const answers = await Promise.allSettled(parts.map((part) => ask('consume', part)))
  const isKept = answers.every((answer) => answer.status === 'fulfilled' && isAllowed(answer.value))
  return Promise.all(
    answers.map(async (answer, i) => {
      if (answer.status === 'rejected') throw answer.reason
      return isKept || !isAllowed(answer.value) ? answer.value : giveBack(parts[i]!, answer.value, ask)
    }),
  )
}

async function chargeOrUndo(part: Part, denial: readonly Verdict[], ask: Ask): Promise<readonly Verdict[]> {
  const verdicts = await ask('consume', part)
  if (!isAllowed(verdicts)) return verdicts
  await giveBack(part, verdicts, ask)
  return denial
}

/** By receipts: a window that has opened since belongs to others. */
async function giveBack(part: Part, spent: readonly Verdict[], ask: Ask): Promise<readonly Verdict[]> {
  const charges = part.charges.map((charge, i) => {
    const { at, resetAfterMs } = spent[i]!
    return { ...charge, receipt: { at: at!, resetAfterMs } }
  })
  return ask('refund', { ...part, charges })
}

function isAllowed(verdicts: readonly Verdict[]): boolean {
  return verdicts.every(({ allowed }) => allowed)
}

function unspent(charge: Charge): Charge {
  return { ...charge, cost: 0 }
}

function inOrder(parts: readonly Part[], answers: readonly (readonly Verdict[])[]): readonly Verdict[] {
  const verdicts: Verdict[] = []
  for (const [i, { indexes }] of parts.entries()) {
    for (const [j, index] of indexes.entries()) verdicts[index] = answers[i]![j]!
  }
  return verdicts
}
