export const SECOND = 1_000
export const MINUTE: number = 60 * SECOND
/** The longest window. */
export const YEAR: number = 365 * 24 * 60 * MINUTE
