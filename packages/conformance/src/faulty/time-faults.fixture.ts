import { SECOND, YEAR } from '../durations.ts'
import { answering, but, dropping, limiting, timing } from './faulty-store.fixture.ts'
import type { Faults } from './faulty-store.fixture.ts'

/** The time is misread, mistold, or runs out too early. */
export const timeFaults: Faults = {
  'rounds a wait up to seconds': [
    answering(({ retryAfterMs }) => ({ retryAfterMs: Math.ceil(retryAfterMs / SECOND) * SECOND })),
    'admits a denied call after retryAfterMs, and not a millisecond earlier',
  ],
  'tells to wait a millisecond less than is needed': [
    answering(({ allowed, retryAfterMs }) => ({ retryAfterMs: allowed ? 0 : retryAfterMs - 1 })),
    'admits a denied call after retryAfterMs, and not a millisecond earlier',
  ],
  'tells to wait a millisecond more than is needed': [
    answering(({ allowed, retryAfterMs }) => ({ retryAfterMs: allowed ? 0 : retryAfterMs + 1 })),
    'admits a denied call after retryAfterMs, and not a millisecond earlier',
  ],
  'tells that all is back a millisecond too early': [
    answering(({ resetAfterMs }) => ({ resetAfterMs: Math.max(0, resetAfterMs - 1) })),
    'has all of a limit back after resetAfterMs, and not a millisecond earlier',
  ],
  'tells that all is back a millisecond too late': [
    answering(({ resetAfterMs }) => ({ resetAfterMs: resetAfterMs && resetAfterMs + 1 })),
    'has all of a limit back after resetAfterMs, and not a millisecond earlier',
  ],
  'tells the window for the time until all is back': [
    answering(({ resetAfterMs }, { limit }) => ({ resetAfterMs: resetAfterMs && limit.windowMs })),
    'has all of a limit back after resetAfterMs, and not a millisecond earlier',
  ],
  'forgets a millisecond too early': [
    dropping((expiresAt, now) => expiresAt - 1 <= now),
    'admits a denied call after retryAfterMs, and not a millisecond earlier',
    'counts in windows of a millisecond',
  ],
  'expires in whole seconds': [
    dropping((expiresAt, now) => Math.floor(expiresAt / SECOND) * SECOND <= now),
    'counts in windows of a millisecond',
  ],
  'sets an expiry when it first writes a key, and never again': [
    but((right) => {
      const expiries = new Map<string, number>()
      return {
        consume(charges) {
          for (const [name, expiresAt] of expiries) {
            if (expiresAt <= right.now()) right.entries.delete(name)
            if (!right.entries.has(name)) expiries.delete(name)
          }
          const verdicts = right.consume(charges)
          for (const [name, { expiresAt }] of right.entries) if (!expiries.has(name)) expiries.set(name, expiresAt)
          return verdicts
        },
      }
    }),
    'decides every history as the algorithms do',
  ],
  'keeps windows in 32 bits': [limiting(({ windowMs }) => ({ windowMs: windowMs | 0 })), 'counts in windows of a year'],

  'ends a window a millisecond too late': [
    limiting(({ windowMs }) => ({ windowMs: windowMs + 1 })),
    'counts in windows of a millisecond',
    'counts in windows of a year',
  ],

  'goes by the clock of the machine': [
    timing(() => Date.now),
    'has all of a limit back after resetAfterMs, and not a millisecond earlier',
    'counts in windows of a year',
    'refuses to decide by a clock that tells no time',
  ],
  'reads its clock once': [
    timing((clock) => {
      const start = clock()
      return () => start
    }),
    'has everything back when the clock jumps far ahead',
  ],
  'never lets its clock step back': [
    timing((clock) => {
      let latest = -Infinity
      return () => (latest = Math.max(latest, clock()))
    }),
    'locks nobody out for longer than one window when the clock steps back',
  ],
  'gives every call a time of its own': [
    timing((clock) => {
      let last = -Infinity
      return () => (last = Math.max(last + 1, clock()))
    }),
    'keeps its count while the clock stands still',
  ],
  'disbelieves a clock that jumps by a year': [
    timing((clock) => {
      let last = clock()
      return () => {
        const now = clock()
        return now - last > YEAR ? last : (last = now)
      }
    }),
    'has everything back when the clock jumps far ahead',
  ],
  'drops what seems to come from the future': [
    but((right) => {
      const writtenAt = new Map<unknown, number>()
      return {
        consume(charges) {
          for (const [name, entry] of right.entries) {
            if ((writtenAt.get(entry) ?? 0) > right.now()) right.entries.delete(name)
          }
          const verdicts = right.consume(charges)
          for (const entry of right.entries.values()) {
            if (!writtenAt.has(entry)) writtenAt.set(entry, right.now())
          }
          return verdicts
        },
      }
    }),
    'hands out nothing extra when the clock steps back',
  ],
  'reads its clock in seconds': [
    timing((clock) => () => Math.floor(clock() / SECOND) * SECOND),
    'counts in windows of a millisecond',
    'admits a denied call after retryAfterMs, and not a millisecond earlier',
  ],
  'rounds its clock': [
    timing((clock) => () => Math.round(clock())),
    'counts in whole milliseconds by a clock that tells fractions',
  ],
  'takes the time 0 for none given': [
    timing((clock) => () => clock() || Date.now()),
    'counts from a clock that starts at zero',
  ],
  'takes what is no time for 0': [
    timing((clock) => () => (Number.isFinite(clock()) ? clock() : 0)),
    'refuses to decide by a clock that tells no time',
  ],
}
