/**
 * How much is allowed in how much time, as plain data. Made by `parseLimit`, or by hand.
 *
 * A store gets it with every charge and keeps none of it.
 */
export interface Limit {
  /** Name of the rule by which the quota is counted, one of `algorithms`. */
  readonly algorithm: string
  /** How many units are admitted in a window, a whole number. 0 denies everyone. */
  readonly quota: number
  /** Length of the window in whole milliseconds, from one to a year of 365 days. */
  readonly windowMs: number
  /** Token bucket only: how many units can be spent at once. @default the quota */
  readonly burst?: number
}
