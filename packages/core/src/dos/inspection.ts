/** What a guard makes of a request. */
export interface Inspection {
  /** Whether to answer it as an attack. In `shadow`, never. */
  readonly attack: boolean
  /** Whether its source, or a network around it, is banned, or in `shadow` would be. */
  readonly banned: boolean
  /** 0 if it is not banned. */
  readonly banEndsInMs: number
  /** How many offences of who is banned are not forgiven yet, or of the source itself. */
  readonly strikes: number
  /** Who is banned: the address, its /64, or a network around it. `undefined` if nobody is. */
  readonly scope: string | undefined
}

/** What a guard makes of a request that nothing is known against. */
export const HARMLESS: Inspection = Object.freeze({
  attack: false,
  banned: false,
  banEndsInMs: 0,
  strikes: 0,
  scope: undefined,
})
