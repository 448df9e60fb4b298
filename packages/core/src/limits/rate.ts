import { ConfigError, shown } from '../errors.ts'

const UNITS = {
  ms: 1,
  millisecond: 1,
  milliseconds: 1,
  s: 1_000,
  sec: 1_000,
  second: 1_000,
  seconds: 1_000,
  m: 60_000,
  min: 60_000,
  minute: 60_000,
  minutes: 60_000,
  h: 3_600_000,
  hour: 3_600_000,
  hours: 3_600_000,
  d: 86_400_000,
  day: 86_400_000,
  days: 86_400_000,
  week: 604_800_000,
  weeks: 604_800_000,
  year: 31_536_000_000,
} as const

type Unit = keyof typeof UNITS
/** The length of a window as people write it: `minute`, `5 minutes`. */
export type Window = Unit | `${number} ${Unit}`

/** A rate as people write it: `'10 per minute'`, `'5 per 5 minutes'`, `'100/hour'`. `0` denies everyone. */
export type Rate = `${number} per ${Window}` | `${number}/${Window}`

/** A rate, read. */
export interface RateParts {
  /** Units per window, a whole number. */
  readonly quota: number
  /** Length of the window in milliseconds. */
  readonly windowMs: number
}

/** The longest window: a year of 365 days. */
export const MAX_WINDOW_MS: number = UNITS.year

const RATE = /^(\d{1,16})\s*(?:per\b|\/)\s*(?:(\d{1,16})\s*)?([a-z]+)$/i

/**
 * Reads a rate. `'unlimited'` is answered as it is, since no number stands for it.
 *
 * @throws {ConfigError} `RL_INVALID_RATE` if the text is no rate.
 *
 * @example
 * ```ts
 * import { parseRate } from '@rl/core'
 *
 * parseRate('5 per 5 minutes') // { quota: 5, windowMs: 300_000 }
 * ```
 */
export function parseRate(text: Rate): RateParts
export function parseRate(text: string): RateParts | 'unlimited'
export function parseRate(text: string): RateParts | 'unlimited' {
  if (text === 'unlimited') return text
  const [, quota, count = '1', unit] = typeof text === 'string' ? (RATE.exec(text.trim()) ?? []) : []
  const unitMs = unit && Object.hasOwn(UNITS, unit.toLowerCase()) ? UNITS[unit.toLowerCase() as Unit] : undefined
  if (unitMs === undefined) {
    throw new ConfigError(
      'RL_INVALID_RATE',
      `Expected a rate such as \`10 per minute\`, \`5 per 5 minutes\`, \`100/hour\` or \`unlimited\`, got ${shown(text)}`,
    )
  }
  return { quota: Number(quota), windowMs: Number(count) * unitMs }
}

/** A window in words, as it follows "per": `minute`, `5 minutes`, `250 ms`. */
export function windowText(windowMs: number): string {
  const units = [
    ['day', UNITS.day],
    ['hour', UNITS.hour],
    ['minute', UNITS.minute],
    ['second', UNITS.second],
  ] as const
  const [unit, unitMs] = units.find(([, ms]) => windowMs % ms === 0) ?? ['ms', 1]
  const count = windowMs / unitMs
  if (unit === 'ms') return `${count} ms`
  return count === 1 ? unit : `${count} ${unit}s`
}
