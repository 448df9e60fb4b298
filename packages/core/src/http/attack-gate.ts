import { DosGuard } from '../dos/dos-guard.ts'
import type { Inspection } from '../dos/dos-guard.ts'
import type { DosGuardOptions } from '../dos/dos-guard-options.ts'
import { ConfigError, shown } from '../errors.ts'
import type { RateLimitRequest } from '../limiter/request.ts'
import type { Reporter } from '../logger.ts'

/** A guard that is there already, what one is made of, or whether there is to be one. */
export type DosOption = DosGuard | DosGuardOptions | boolean

/** Keeps attackers out before anything else is asked, and tells the log of them. */
export class AttackGate {
  readonly #guard: Pick<DosGuard, 'inspect'>
  readonly #reporter: Reporter

  /**
   * @param allow Whom the limiter lets in whatever its limits say: no attackers for a guard that is made here, unless it has
   * a list of its own.
   * @throws {ConfigError} if the guard cannot be made.
   */
  constructor(dos: Exclude<DosOption, false>, allow: readonly string[], reporter: Reporter) {
    this.#guard = guardOf(dos, allow)
    this.#reporter = reporter
  }

  /**
   * Counts a request.
   *
   * @returns What is held against its source, if it is to be answered as an attack.
   * @throws {RequestError} `RL_INVALID_ADDRESS`
   */
  find({ ip, method, endpoint }: RateLimitRequest): Inspection | undefined {
    if (ip === undefined) return undefined
    const inspection = this.#guard.inspect(ip)
    const { attack, banned, banEndsInMs, strikes, scope } = inspection
    if (banned) {
      this.#reporter.tell({ level: 'warn', event: 'dos_block', subject: scope!, budget: 'attack' }, () => ({
        message: `${attack ? 'An attack is' : 'An attack would be'} kept out: more requests than anybody honest sends`,
        ip: this.#reporter.addressName(ip),
        method,
        endpoint,
        scope: this.#reporter.addressName(scope),
        strikes,
        banEndsInMs,
        ...(!attack && { mode: 'shadow' }),
      }))
    }
    return attack ? inspection : undefined
  }
}

function guardOf(dos: Exclude<DosOption, false>, allow: readonly string[]): Pick<DosGuard, 'inspect'> {
  const addresses = allow.filter((entry) => !entry.startsWith('user:'))
  if (dos === true) return new DosGuard({ allow: addresses })
  if (typeof dos !== 'object' || dos === null) {
    throw new ConfigError(
      'RL_INVALID_OPTION',
      `Expected \`dos\` to be a DosGuard, the options of one, or true, got ${shown(dos)}`,
    )
  }
  return isGuard(dos) ? dos : new DosGuard({ allow: addresses, ...dos })
}

function isGuard(dos: DosGuard | DosGuardOptions): dos is DosGuard {
  return typeof (dos as Partial<DosGuard>).inspect === 'function'
}
