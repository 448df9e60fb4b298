import { applyCharges, refundCharges } from '@rl/core'
import type { Charge, Verdict } from '@rl/core'

import { answering, but, charging, keepingAfter, limiting, pausing, refunding } from './faulty-store.fixture.ts'
import type { Faults } from './faulty-store.fixture.ts'

/** Too much or too little is spent. */
export const countingFaults: Faults = {
  'lets other calls in between reading and writing': [
    pausing(() => true),
    'admits exactly 100 of 200 concurrent calls at 100',
  ],
  'lets other calls in between where there are several charges': [
    pausing((charges) => charges.length > 1),
    'admits exactly the quota of concurrent calls that name the same keys in another order',
  ],
  'lets other calls in between when it refunds': [
    but((right) => ({
      async refund(charges) {
        const writes = refundCharges(charges, right.read, right.now())
        await Promise.resolve()
        right.write(charges, writes)
      },
    })),
    'loses nothing where calls and refunds come at once',
  ],
  'admits one less than the quota': [
    but((right) => ({
      consume: (charges) =>
        right
          .consume(charges.map((charge) => ({ ...charge, limit: { ...charge.limit, quota: charge.limit.quota - 1 } })))
          .map((verdict) => ({ ...verdict, limit: verdict.limit + 1, remaining: verdict.remaining + 1 })),
    })),
    'denies the sixth of five',
    'admits exactly 100 of 200 concurrent calls at 100',
  ],
  'answers that one unit more is left': [
    answering(({ limit, remaining }) => ({ remaining: Math.min(limit, remaining + 1) })),
    'denies the sixth of five',
  ],
  'admits one more than the quota': [
    but((right) => ({
      consume: (charges) =>
        right
          .consume(charges.map((charge) => ({ ...charge, limit: { ...charge.limit, quota: charge.limit.quota + 1 } })))
          .map((verdict) => ({ ...verdict, limit: verdict.limit - 1, remaining: Math.max(0, verdict.remaining - 1) })),
    })),
    'denies the sixth of five',
  ],
  'admits any cost while anything is left': [
    but((right) => ({
      consume: (charges) =>
        right.consume(
          charges.map((charge) => {
            const { remaining } = right.peek([charge])[0]!
            return { ...charge, cost: remaining > 0 ? Math.min(charge.cost, remaining) : charge.cost }
          }),
        ),
    })),
    'denies a cost that does not fit, and admits a smaller one that does',
    'denies a cost above the quota for ever',
  ],
  'takes a cost above the quota for all of it': [
    charging(({ limit, cost }) => ({ cost: limit.quota > 0 ? Math.min(cost, limit.quota) : cost })),
    'denies a cost above the quota for ever',
  ],
  'takes a quota of 0 for none given': [
    limiting(({ quota }) => ({ quota: quota || 100 })),
    'denies everyone for ever at 0 per minute',
  ],
  'takes a cost of 0 for none given': [
    charging(({ cost }) => ({ cost: cost === 0 ? 1 : cost })),
    'only reads where the cost is 0, which always fits',
    'refunds nothing where the cost is 0',
  ],
  'opens a window for a cost of 0': [
    keepingAfter(
      (_, { limit, cost }) => limit.algorithm === 'fixed-window' && cost === 0,
      ({ limit }, state, now) => state ?? [now, limit.windowMs, 0],
    ),
    'only reads where the cost is 0, which always fits',
  ],
  'takes the quota for the burst': [
    limiting(() => ({ burst: undefined })),
    'admits a burst, and from then on the rate',
  ],

  'counts denials in a sliding window': [
    keepingAfter(
      ({ allowed }, { limit }) => !allowed && limit.algorithm === 'sliding-window',
      ({ limit, cost }, state = [limit.windowMs], now) => [...state, now, cost],
    ),
    'leaves no trace of a denial',
    'gives a client that asks at twice the rate its quota',
  ],
  'begins a window anew at a denial': [
    keepingAfter(
      ({ allowed }, { limit }) => !allowed && limit.algorithm === 'fixed-window',
      (_, state, now) => state && [now, ...state.slice(1)],
    ),
    'leaves no trace of a denial',
    'admits a client that was denied 1,000 times at the very moment it was told',
    'gives a client that asks at twice the rate its quota',
  ],
  'ends a window at a denial when the limit that asks says so': [
    keepingAfter(
      ({ allowed }, { limit }) => !allowed && limit.algorithm === 'fixed-window',
      ({ limit }, state) => state && [state[0]!, limit.windowMs, state[2]!],
    ),
    'hands out nothing extra where two limits take turns on one key',
  ],
  'opens a window by a denial': [
    keepingAfter(
      ({ allowed }, { limit }) => !allowed && limit.algorithm === 'fixed-window',
      ({ limit }, state, now) => state ?? [now, limit.windowMs, 0],
    ),
    'leaves an unused key unused when it denies',
  ],
  'takes a denied cost out of the bucket': [
    keepingAfter(
      ({ allowed }, { limit }) => !allowed && limit.algorithm === 'token-bucket',
      ({ limit, cost }, state) => state && [state[0]! + cost * limit.windowMs, ...state.slice(1)],
    ),
    'leaves no trace of a denial',
    'admits a client that was denied 1,000 times at the very moment it was told',
  ],
  'refills a bucket by whole tokens only': [
    keepingAfter(
      (_, { limit }) => limit.algorithm === 'token-bucket',
      ({ limit }, state) => state && [Math.ceil(state[0]! / limit.windowMs) * limit.windowMs, ...state.slice(1)],
    ),
    'decides every history as the algorithms do',
  ],

  'keeps the level of a bucket as a float of 32 bits': [
    keepingAfter(
      (_, { limit }) => limit.algorithm === 'token-bucket',
      ({ limit }, state) => state && [Math.fround(state[0]! / limit.windowMs) * limit.windowMs, ...state.slice(1)],
    ),
    'decides every history as the algorithms do',
    'counts without loss up to 2^53',
  ],

  'spends the charges one after the other': [
    but((right) => ({ consume: (charges) => charges.flatMap((charge) => right.consume([charge])) })),
    'spends nothing where any of several charges is denied',
    'charges nothing where it refuses one of several charges',
  ],
  'spends the first charge though the second is denied': [
    but((right) => ({
      consume: (charges) => [...right.consume(charges.slice(0, 1)), ...right.consume(charges.slice(1))],
    })),
    'spends nothing where any of several charges is denied',
  ],
  'spends the first charge only': [
    but((right) => ({
      consume(charges) {
        const { verdicts, writes } = applyCharges(charges, right.read, right.now())
        right.write(charges, writes.slice(0, 1))
        return verdicts
      },
    })),
    'spends each of several charges once',
  ],
  'answers beside a denied charge as if the others were spent': [
    but((right) => ({
      consume(charges) {
        const verdicts = right.consume(charges)
        const isAllowed = verdicts.every(({ allowed }) => allowed)
        return isAllowed ? verdicts : charges.flatMap((charge) => right.peek([charge]))
      },
    })),
    'says of the charges beside a denied one that they fit, and what is left of them',
  ],
  'charges a key once that is named twice': [
    but((right) => ({
      consume(charges) {
        const verdicts = charges.flatMap((charge) => right.peek([charge]))
        if (verdicts.some(({ allowed }) => !allowed)) return verdicts
        const named = new Map(charges.map((charge) => [`${charge.limit.algorithm}:${charge.key}`, charge]))
        right.consume([...named.values()])
        return verdicts
      },
    })),
    'charges a key twice that is named twice',
    'denies a key that is named twice by the sum',
  ],

  'spends when it peeks': [
    but((right) => ({ peek: (charges) => right.consume(charges) })),
    'writes nothing when it peeks',
  ],
  'peeks at what it has once told': [
    but((right) => {
      const told = new Map<string, readonly Verdict[]>()
      return {
        peek(charges) {
          const asked = JSON.stringify(charges)
          if (!told.has(asked)) told.set(asked, right.peek(charges))
          return told.get(asked)!
        },
      }
    }),
    'peeks what a call then answers',
  ],
  'peeks at what was left before the call': [
    but((right) => ({ peek: (charges) => right.peek(charges.map((charge) => ({ ...charge, cost: 0 }))) })),
    'peeks what a call then answers',
  ],

  'refunds nothing': [but(() => ({ refund() {} })), 'gives back what is refunded'],
  'refunds a key once that is named twice': [
    but((right) => ({
      refund: (charges) => right.refund([...new Map(charges.map((charge) => [charge.key, charge])).values()]),
    })),
    'gives back each of several charges, and a key twice that is named twice',
  ],
  'does not look at receipts': [
    but((right) => ({ refund: (charges) => right.refund(charges.map(withoutReceipt)) })),
    'gives a charge back from its own window, and nothing to one that opened since',
    'gives nothing of a charge to a window that opened after a reset',
    'refuses a receipt that is none',
  ],
  'refunds above full': [
    refunding(({ limit, cost }, state) =>
      state && limit.algorithm === 'fixed-window' ? [state[0]!, state[1]!, state[2]! - cost] : undefined,
    ),
    'never refunds above full',
  ],
  'opens a window by a refund': [
    refunding(({ limit }, state, now) =>
      !state && limit.algorithm === 'fixed-window' ? [now, limit.windowMs, 0] : undefined,
    ),
    'leaves an unused key unused when it refunds',
  ],
  'opens a window with what the last one is refunded': [
    refunding(({ limit, cost }, state, now) =>
      state && limit.algorithm === 'fixed-window' && state[0]! + state[1]! <= now
        ? [now, limit.windowMs, -cost]
        : undefined,
    ),
    'gives nothing to the next window of what the last one spent',
  ],

  'answers with the wait of a whole window': [
    answering(({ allowed, retryAfterMs }, { limit }) => ({
      retryAfterMs: allowed || retryAfterMs === Infinity ? retryAfterMs : limit.windowMs,
    })),
    'admits a denied call after retryAfterMs, and not a millisecond earlier',
  ],
}

function withoutReceipt({ receipt: _receipt, ...charge }: Charge): Charge {
  return charge
}
