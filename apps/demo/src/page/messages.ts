import type { Ban, defaultTiers, DenialReason, Health } from '@rl/core'

// What the server tells the page. Types alone: both sides are held to them, and neither loads the other.

export type PlanName = 'anonymous' | keyof typeof defaultTiers
export type Outcome = 'admitted' | 'denied' | 'banned'
export type Tallies = Readonly<Record<Outcome, number>>

/** Everything the page shows at one moment. Each message is whole, so that a page that was away has missed nothing. */
export interface LiveState {
  readonly about: About
  /** Where in its current second the server is, from 0 to 1. */
  readonly secondPart: number
  readonly plans: readonly PlanTraffic[]
  /** Those who asked most in the last minute, first the one who asked most. */
  readonly clients: readonly ClientTraffic[]
  /** Of whom there is one or more, the latest first. */
  readonly denials: readonly Denial[]
  readonly bans: readonly Ban[]
  readonly bursts: readonly BurstProgress[]
  /** Nothing until the store has been asked for the first time. */
  readonly health: Health | undefined
  /** Since the server was started. */
  readonly total: { readonly admitted: number; readonly denied: number }
  /** How many keys the store holds, if it can tell. */
  readonly keys: number | undefined
}

/** What stays the same while the server runs. */
export interface About {
  readonly framework: string
  /** Where the counts are kept, in words: `in memory`. */
  readonly counts: string
  /** What each plan may ask for, in words: `60 per minute`. */
  readonly rates: Readonly<Record<PlanName, string>>
  /** Who sends more than so many requests in a window is banned. */
  readonly attack: { readonly threshold: number; readonly windowMs: number }
}

export interface PlanTraffic {
  readonly plan: PlanName
  /** How many requests in each of the last sixty seconds, the current one last. */
  readonly seconds: Readonly<Record<Outcome, readonly number[]>>
}

export interface ClientTraffic {
  /** The user, or the address as the limiter counts it. */
  readonly client: string
  readonly plan: PlanName
  readonly lastMinute: Tallies
  /** What was left of the limit that decided last. */
  readonly left: { readonly remaining: number; readonly limit: number } | 'no limit' | 'not counted'
}

/** Denials of the same client, for the same reason, that followed one another. */
export interface Denial {
  readonly id: number
  /** When the last of them was, in milliseconds since 1970. */
  readonly at: number
  readonly times: number
  readonly client: string
  readonly plan: PlanName
  readonly method: string
  readonly path: string
  readonly reason: DenialReason | 'abnormal-usage-detected'
  /** The limits that denied. */
  readonly limits: readonly { readonly name: string; readonly quota: number; readonly windowMs: number }[]
  /** The last answer, as it was sent. */
  readonly answer: { readonly status: string; readonly fields: readonly (readonly [name: string, value: string])[] }
}

/** Requests that the page has asked the server to send to itself. */
export interface BurstProgress extends Tallies {
  readonly as: BurstSender
  /** How many are to be sent. */
  readonly count: number
  readonly isUnderWay: boolean
}

export type BurstSender = PlanName | 'attacker' | 'rotating'

/** One arrival pattern under every algorithm. */
export interface Comparison {
  readonly arrivals: string
  readonly explanation: string
  readonly quota: number
  readonly windowMs: number
  readonly durationMs: number
  readonly algorithms: readonly ComparedAlgorithm[]
}

export interface ComparedAlgorithm {
  readonly name: string
  readonly explanation: string
  readonly requests: readonly ComparedRequest[]
  /** What is left, as steps: from each time on, so much. */
  readonly level: readonly (readonly [atMs: number, remaining: number])[]
  /** The most that is admitted within any one window. */
  readonly mostInWindow: number
}

export interface ComparedRequest {
  readonly atMs: number
  readonly allowed: boolean
  readonly remaining: number
  readonly retryAfterMs: number
}
