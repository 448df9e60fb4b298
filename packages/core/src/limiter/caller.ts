import { clientKeyIn } from '../client/client-key.ts'
import { RequestError, shown } from '../errors.ts'
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
   * The key under which a policy counts the request: what is counted, `|`, and for whom. A store may keep what belongs to one
   * client together by what follows the first `|`.
   *
   * @throws {RequestError} `RL_MISSING_CLIENT` if the request does not say who is asking: everyone would share one limit;
   * `RL_INVALID_ADDRESS`.
   */
  keyUnder({ name, per, prefixes }: Policy): string {
    const { ip, userId } = this.#request
    if (per === 'endpoint') return prefixes.all
    if (userId !== undefined && per !== 'ip') return prefixes.user + userId
    if (ip !== undefined && per !== 'user') return prefixes.ip + (this.#address ??= clientKeyIn(ip, this.#ipv6Subnet))
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
