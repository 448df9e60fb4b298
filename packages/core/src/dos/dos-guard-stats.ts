/** How a guard is doing. */
export interface DosGuardStats {
  /** How many requests were answered as an attack, or in `shadow` would have been. */
  readonly attacks: number
  /** How many sources and networks have a record now, and how many can have one. */
  readonly sources: number
  readonly maxSources: number
  /** How many sources and networks are banned or remembered for it, and how many can be. */
  readonly bans: number
  readonly maxBans: number
  /** How much memory is reserved, at most. */
  readonly bytes: number
  /** How many sources have lost their record to others since the guard was made, while it still counted. */
  readonly displaced: number
  /** How often a request was not counted for its source or a network, since there was no record to be had. */
  readonly uncounted: number
  /** How many calls to the store were not made, since too many were under way. */
  readonly unshared: number
}
