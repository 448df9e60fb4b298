import { clientKeyIn } from '../client/client-key.ts'
import { RequestError, shown } from '../errors.ts'
import { splitCharge } from '../stores/key-parts.ts'
import type { Charge } from '../stores/store.ts'
import type { Policy } from './policy.ts'
import type { RateLimitRequest } from './request.ts'
import type { Per } from './rule.ts'

/** Whose request it is, as the keys name it that it is counted under. */
export class Caller {
  readonly #request: RateLimitRequest
  readonly #ipv6Subnet: number
  /** Once it is needed. */
  #address: string | undefined

  constructor(request: RateLimitRequest, ipv6Subnet: number) {
    this.#request = request
    this.#ipv6Subnet = ipv6Subnet
  }

  /**
   * What a policy charges the request. Its key tells what is counted, `|`, and for whom: a store may keep what belongs to one
   * client together by what follows the first `|`.
   *
   * @throws {RequestError} `RL_MISSING_CLIENT` if the request does not say who is asking: everyone would share one limit;
   * `RL_INVALID_ADDRESS`.
   */
  chargeUnder({ name, per, prefixes, limit }: Policy, cost: number): Charge {
    const { ip, userId } = this.#request
    if (per === 'endpoint') return splitCharge(prefixes.all, '', limit, cost)
    if (userId !== undefined && per !== 'ip') return splitCharge(prefixes.user, userId, limit, cost)
    if (ip !== undefined && per !== 'user') {
      this.#address ??= clientKeyIn(ip, this.#ipv6Subnet)
      return splitCharge(prefixes.ip, this.#address, limit, cost)
    }
    return missing(name, per)
  }
}

function missing(name: string, per: Per): never {
  const wanted = per === 'user' ? '`userId`' : per === 'ip' ? '`ip`' : '`ip` or `userId`'
  throw new RequestError(
    'RL_MISSING_CLIENT',
    `Expected a request with ${wanted}, which the limit ${shown(name)} counts by, got none`,
  )
}
