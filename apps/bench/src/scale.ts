/** How thorough a run is. */
export interface Scale {
  readonly rounds: number
  /** For how long a cell measures, where it measures by time. */
  readonly durationMs: number
  /** By what numbers of keys and requests are divided. */
  readonly divisor: number
  /** With how many keys to see where each store breaks. @default that is not tried */
  readonly mostKeys?: number
}

/** `smoke` yields numbers that mean nothing: it shows that a cell works. */
export const SCALES = {
  full: { rounds: 5, durationMs: 1000, divisor: 1 },
  quick: { rounds: 1, durationMs: 100, divisor: 10 },
  smoke: { rounds: 1, durationMs: 5, divisor: 1000 },
} as const satisfies Record<string, Scale>
