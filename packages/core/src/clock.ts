import { ConfigError, shown } from './errors.ts'

/** Tells the time in milliseconds since the Unix epoch, as `Date.now` does. */
export type Clock = () => number

/** The last millisecond that a `Date` can hold (ECMA-262, 21.4.1.1): the sums made with it stay below 2^53. */
const LAST_MS = 8.64e15

/**
 * Reads a clock as a whole millisecond.
 *
 * @throws {ConfigError} `RL_INVALID_CLOCK` if the clock answers anything but a time: a limit must not fail open
 * because NaN compares as false.
 */
export function readClock(clock: Clock): number {
  const now = Math.floor(clock())
  checkTime(now)
  return now
}

/**
 * Refuses what is no whole millisecond that a date can hold.
 *
 * @throws {ConfigError} `RL_INVALID_CLOCK`
 */
export function checkTime(now: number): void {
  if (Number.isSafeInteger(now) && Math.abs(now) <= LAST_MS) return
  throw new ConfigError('RL_INVALID_CLOCK', `Expected a time in whole milliseconds, got ${shown(now)}`)
}
