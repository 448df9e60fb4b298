import { AddressList } from '../client/address-list.ts'
import { checkTexts } from '../options.ts'
import type { RateLimitRequest } from './request.ts'

/** Who is let in whatever the limits say, and who never is. */
export interface AccessOptions {
  /**
   * Who is not limited, nor charged: addresses, networks such as `10.0.0.0/8`, and users, as `user:42`. Wins over `deny`.
   *
   * @default nobody
   */
  readonly allow?: readonly string[]
  /** Who is denied (403), at no cost: written as in `allow`. @default nobody */
  readonly deny?: readonly string[]
}

const USER = 'user:'

/** Looks up whether a request is let in, or denied, without any limit. */
export class AccessLists {
  /** Only if it names anybody. */
  readonly #allow: AccessList | undefined
  readonly #deny: AccessList | undefined

  /** @throws {ConfigError} `RL_INVALID_OPTION` */
  constructor({ allow = [], deny = [] }: AccessOptions) {
    this.#allow = listOf('allow', allow)
    this.#deny = listOf('deny', deny)
  }

  find(request: RateLimitRequest): 'allow' | 'deny' | undefined {
    if (this.#allow?.has(request)) return 'allow'
    return this.#deny?.has(request) ? 'deny' : undefined
  }
}

class AccessList {
  readonly #users: ReadonlySet<string>
  readonly #addresses: AddressList

  constructor(option: string, entries: readonly string[]) {
    this.#users = new Set(entries.filter((entry) => entry.startsWith(USER)).map((entry) => entry.slice(USER.length)))
    this.#addresses = new AddressList(
      option,
      entries.filter((entry) => !entry.startsWith(USER)),
    )
  }

  has({ ip, userId }: RateLimitRequest): boolean {
    return (userId !== undefined && this.#users.has(userId)) || (ip !== undefined && this.#addresses.has(ip))
  }
}

function listOf(option: string, entries: readonly string[]): AccessList | undefined {
  checkTexts(option, entries)
  return entries.length === 0 ? undefined : new AccessList(option, entries)
}
