import { but, charging, limiting } from './faulty-store.fixture.ts'
import type { Faults } from './faulty-store.fixture.ts'
import type { MakeStore } from '../run-store-case.ts'

const MOST = Number.MAX_SAFE_INTEGER

/** What is not well formed is taken for something that is. */
export const inputFaults: Faults = {
  'takes a cost that is no number for 0': [
    charging(({ cost }) => ({ cost: Number.isNaN(cost) ? 0 : cost })),
    'refuses a cost that is no whole number',
    'charges nothing where it refuses one of several charges',
  ],
  'reads a cost from a string': [
    charging(({ cost }) => ({ cost: typeof cost === 'string' ? Number(cost) : cost })),
    'refuses a cost that is no whole number',
  ],
  'takes a quota that is no number for no limit': [
    limiting(({ quota }) => ({ quota: Number.isNaN(quota) ? MOST : quota })),
    'refuses a quota that is no whole number',
  ],
  'takes a window of 0 for one of a millisecond': [
    limiting(({ windowMs }) => ({ windowMs: windowMs === 0 ? 1 : windowMs })),
    'refuses a window that is no whole number from a millisecond to a year',
  ],
  'drops a burst that it cannot use': [
    limiting(({ algorithm, burst }) => ({ burst: algorithm === 'token-bucket' ? burst : undefined })),
    'refuses a burst that is no whole number of at least 1, or not for its algorithm',
  ],
  'cuts a limit to what it can count': [
    limiting(({ quota, windowMs }) => ({
      windowMs: quota > 0 ? Math.min(windowMs, Math.floor(MOST / quota)) : windowMs,
    })),
    'refuses a limit that it would lose count of',
  ],
  'counts in a fixed window by an algorithm that it does not know': [
    limiting(({ algorithm }) => ({ algorithm: algorithm === '' ? 'fixed-window' : algorithm })),
    'refuses an algorithm that it does not know',
  ],
  'makes a string of a key': [
    charging(({ key }: { readonly key: unknown }) => ({ key: String(key) })),
    'refuses a key that is no string',
  ],
  'admits what it cannot check': [
    swallowing(true),
    'refuses a cost that is no whole number',
    'refuses a quota that is no whole number',
    'refuses to decide by a clock that tells no time',
    'does nothing any more once it is closed',
  ],
  'denies what it cannot check': [
    swallowing(false),
    'refuses a cost that is no whole number',
    'refuses to decide by a clock that tells no time',
    'does nothing any more once it is closed',
  ],
  'says nothing of a refund that it cannot make': [
    but((right) => ({
      refund(charges) {
        try {
          right.refund(charges)
        } catch {
          // This is the fault.
        }
      },
    })),
    'refuses a receipt that is none',
    'refuses to decide by a clock that tells no time',
    'does nothing any more once it is closed',
  ],
  'asks for a charge at least': [
    but((right) => ({
      consume(charges) {
        if (charges.length === 0) throw new TypeError('Expected a charge')
        return right.consume(charges)
      },
    })),
    'answers no charges with no verdicts',
  ],
}

/** Answers where it should fail. */
function swallowing(allowed: boolean): MakeStore {
  const verdict = { allowed, limit: 1, remaining: 1, retryAfterMs: 0, resetAfterMs: 0 }
  return but((right) => ({
    consume(charges) {
      try {
        return right.consume(charges)
      } catch {
        return charges.map(() => verdict)
      }
    },
  }))
}
