import { DosGuard } from '../dos/dos-guard.ts'
import type { DosGuardOptions } from '../dos/dos-guard-options.ts'
import type { Inspection } from '../dos/inspection.ts'
import { ConfigError, shown } from '../errors.ts'
import type { RateLimiter } from '../limiter/rate-limiter.ts'
import type { RateLimitRequest } from '../limiter/request.ts'

/** A guard that is there already, what one is made of, or whether there is to be one. */
export type DosOption = DosGuard | DosGuardOptions | boolean

/** Keeps attackers out before anything else is asked, and tells the log of them. */
export class AttackGate {
  readonly #guard: Pick<DosGuard, 'inspect'>
  readonly #limiter: Pick<RateLimiter, 'isOnAllowList' | 'reporter'>

  /**
   * @param limiter Whose log is told, and whose `allow` list holds here too.
   * @throws {ConfigError} if the guard cannot be made.
   */
  constructor(dos: Exclude<DosOption, false>, limiter: Pick<RateLimiter, 'isOnAllowList' | 'reporter'>) {
    const guard = guardOf(dos)
    this.#guard = guard
    this.#limiter = limiter
    guard.on('storeError', ({ error }) => {
      limiter.reporter.tell({ level: 'error', event: 'store_error', subject: 'dos', budget: 'fault' }, () => ({
        message: `Bans could not be shared: ${String(error)}`,
        role: 'dos',
        error: String(error),
      }))
    })
  }

  /**
   * Counts a request.
   *
   * @returns What is held against its source, if it is to be answered as an attack.
   * @throws {RequestError} `RL_INVALID_ADDRESS`
   */
  find({ ip, method, endpoint }: RateLimitRequest): Inspection | undefined {
    if (ip === undefined || this.#limiter.isOnAllowList({ ip })) return undefined
    const { reporter } = this.#limiter
    const inspection = this.#guard.inspect(ip)
    const { attack, banned, banEndsInMs, strikes, scope } = inspection
    if (banned) {
      reporter.tell({ level: 'warn', event: 'dos_block', subject: scope!, budget: 'attack' }, () => ({
        message: `${attack ? 'An attack is' : 'An attack would be'} kept out: more requests than anybody honest sends`,
        ip: reporter.addressName(ip),
        method,
        endpoint,
        scope: reporter.addressName(scope),
        strikes,
        banEndsInMs,
        ...(!attack && { mode: 'shadow' }),
      }))
    }
    return attack ? inspection : undefined
  }
}

function guardOf(dos: Exclude<DosOption, false>): Pick<DosGuard, 'inspect' | 'on'> {
  if (dos === true) return new DosGuard()
  if (typeof dos !== 'object' || dos === null) {
    throw new ConfigError(
      'RL_INVALID_OPTION',
      `Expected \`dos\` to be a DosGuard, the options of one, or true, got ${shown(dos)}`,
    )
  }
  return isGuard(dos) ? dos : new DosGuard(dos)
}

function isGuard(dos: DosGuard | DosGuardOptions): dos is DosGuard {
  return typeof (dos as Partial<DosGuard>).inspect === 'function'
}
