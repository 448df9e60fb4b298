import type { StoreEvents } from '../stores/guarded-store.ts'

/** A source or a network has been banned. */
export interface BanEvent {
  /** Whose request it was. */
  readonly address: string
  /** Who is banned: the address, its /64, or a network around it. */
  readonly scope: string
  /** How many offences are not forgiven yet, this one included. */
  readonly strikes: number
  readonly banMs: number
  /** How many requests counted then. */
  readonly requests: number
  /** Whether it was another process that has found it. */
  readonly shared: boolean
}

/** What a guard tells. */
export interface DosGuardEvents extends Pick<StoreEvents, 'storeError'> {
  /** A source or a network has been banned, in `shadow` as well. */
  readonly ban: BanEvent
}

export const DOS_GUARD_EVENTS = { ban: true, storeError: true } as const satisfies Record<keyof DosGuardEvents, true>
