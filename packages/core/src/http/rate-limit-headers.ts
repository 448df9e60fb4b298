import { ConfigError, shown } from '../errors.ts'
import { checkOptions } from '../options.ts'
import { decisivePolicy } from '../limiter/result.ts'
import type { PolicyResult, RateLimitResult } from '../limiter/result.ts'
import type { RuleKind } from '../limiter/rule.ts'
import { sfBytes, sfInteger, sfString } from './structured-fields.ts'

/**
 * Header fields by name, as every framework takes them. Names are in lower case, as HTTP/2 has them (RFC 9113, 8.2.1) and Node's
 * own tables: to those who read them it is the same (RFC 9110, 5.1), and no framework has to make them so for each request.
 */
export type HeaderFields = Readonly<Record<string, string>>

/** What a form of header fields has to tell: all limits that were asked, and the one to tell of where there is room for one. */
interface Told {
  readonly policies: readonly PolicyResult[]
  readonly shown: PolicyResult
}

/** What the forms of one answer are written into: one object, rather than one for each form. */
type Fields = Record<string, string>

const FORMATS = {
  legacy: writeLegacy,
  'draft-6': writeDraft6,
  'draft-7': writeDraft7,
  'draft-11': writeDraft11,
} as const satisfies Record<string, (fields: Fields, told: Told) => void>

/**
 * A form of header fields: `legacy` (`X-RateLimit-*`), or a revision of the IETF draft on RateLimit fields
 * (draft-ietf-httpapi-ratelimit-headers). Revision 10 is as 11 on the wire.
 */
export type HeaderFormat = keyof typeof FORMATS

/** Which header fields to make, and how. */
export interface HeaderOptions {
  /** @default ['legacy', 'draft-11'] */
  readonly formats?: readonly HeaderFormat[]
  /** The family of limits to tell of where there is room for one, if one of it applies. @default the one that decided */
  readonly prefer?: RuleKind
  /** Adds up to so many milliseconds to `Retry-After`, at random. @default 0 */
  readonly retryJitterMs?: number
}

const OPTIONS = { formats: true, prefer: true, retryJitterMs: true } as const satisfies Record<
  keyof HeaderOptions,
  true
>
const KINDS: readonly RuleKind[] = ['ip', 'user', 'endpoint']
const DEFAULT_FORMATS: readonly HeaderFormat[] = ['legacy', 'draft-11']

/**
 * The header fields that tell a client where it stands, in the forms asked for, and `Retry-After` (RFC 9110, 10.2.3) on a
 * denial that waiting can cure. Seconds are rounded up: to come back then is never too early. No fields if no limit
 * applies, or no form is asked for.
 *
 * @throws {ConfigError} `RL_INVALID_OPTION`, `RL_UNKNOWN_OPTION`
 *
 * @example
 * ```ts
 * import { RateLimiter, rateLimitHeaders } from '@rl/core'
 * import { MemoryStore } from '@rl/store-memory'
 *
 * const limiter = new RateLimiter({ store: new MemoryStore() })
 * const headers = rateLimitHeaders(await limiter.isAllowed({ ip: '203.0.113.7' }), { formats: ['draft-11'] })
 * // { 'ratelimit-policy': '"ip";q=100;w=60', ratelimit: '"ip";r=99;t=60' }
 * ```
 */
export function rateLimitHeaders(result: RateLimitResult, options: HeaderOptions = {}): HeaderFields {
  checkOptions('rateLimitHeaders', options, OPTIONS)
  const { formats, prefer, retryJitterMs } = options
  if (formats !== undefined) checkHeaderFormats(formats)
  if (retryJitterMs !== undefined) checkRetryJitter(retryJitterMs)
  if (prefer !== undefined && !KINDS.includes(prefer)) {
    throw new ConfigError(
      'RL_INVALID_OPTION',
      `Expected \`prefer\` to be one of ${KINDS.join(', ')}, got ${shown(prefer)}`,
    )
  }
  return new HeaderWriter(options).fieldsOf(result)
}

/** Makes the header fields of one form after the other, by options that have been checked. */
export class HeaderWriter {
  readonly #writers: readonly ((fields: Fields, told: Told) => void)[]
  readonly #prefer: RuleKind | undefined
  readonly #retryJitterMs: number

  constructor({ formats = DEFAULT_FORMATS, prefer, retryJitterMs = 0 }: HeaderOptions) {
    this.#writers = formats.map((format) => FORMATS[format])
    this.#prefer = prefer
    this.#retryJitterMs = retryJitterMs
  }

  /** None if no limit was asked, or no form is asked for. */
  fieldsOf(result: RateLimitResult): HeaderFields {
    const { policies, allowed } = result
    const shown = this.#shownOf(policies)
    if (!shown) return {}
    const told = { policies, shown }
    const fields: Fields = {}
    for (const write of this.#writers) write(fields, told)
    return allowed ? fields : Object.assign(fields, this.waitOf(result))
  }

  /** `Retry-After`, if waiting helps, and any form is asked for. */
  waitOf({ retryAfterMs }: Pick<RateLimitResult, 'retryAfterMs'>): HeaderFields {
    if (this.#writers.length === 0 || !Number.isFinite(retryAfterMs)) return {}
    return { 'retry-after': seconds(retryAfterMs + Math.random() * this.#retryJitterMs) }
  }

  #shownOf(policies: readonly PolicyResult[]): PolicyResult | undefined {
    const prefer = this.#prefer
    const preferred = prefer && decisivePolicy(policies.filter(({ kind }) => kind === prefer))
    return preferred ?? decisivePolicy(policies)
  }
}

/** @throws {ConfigError} `RL_INVALID_OPTION` */
export function checkRetryJitter(retryJitterMs: unknown): void {
  if (Number.isSafeInteger(retryJitterMs) && (retryJitterMs as number) >= 0) return
  throw new ConfigError(
    'RL_INVALID_OPTION',
    `Expected \`retryJitterMs\` to be a whole number of at least 0, got ${shown(retryJitterMs)}`,
  )
}

/**
 * Refuses forms that do not exist, and such as would write one field in two ways.
 *
 * @throws {ConfigError} `RL_INVALID_OPTION`
 */
export function checkHeaderFormats(formats: readonly HeaderFormat[]): void {
  if (!Array.isArray(formats)) refuse(`an array of ${Object.keys(FORMATS).join(', ')}`, formats)
  for (const [i, format] of formats.entries()) {
    if (typeof format !== 'string' || !Object.hasOwn(FORMATS, format)) {
      refuse(`of ${Object.keys(FORMATS).join(', ')}`, format)
    }
    if (formats.indexOf(format) !== i) refuse('without repetition', format)
  }
  const older = (formats as readonly HeaderFormat[]).find((format) => format === 'draft-6' || format === 'draft-7')
  if (older && formats.includes('draft-11')) refuse('without `draft-11`, which writes the same fields otherwise', older)
}

function writeLegacy(fields: Fields, { shown: { limit, remaining, resetAfterMs } }: Told): void {
  fields['x-ratelimit-limit'] = `${limit}`
  fields['x-ratelimit-remaining'] = `${remaining}`
  fields['x-ratelimit-reset'] = seconds(resetAfterMs)
}

function writeDraft6(fields: Fields, { policies, shown }: Told): void {
  fields['ratelimit-policy'] = quotaPolicies(policies)
  fields['ratelimit-limit'] = sfInteger(shown.limit)
  fields['ratelimit-remaining'] = sfInteger(shown.remaining)
  fields['ratelimit-reset'] = effectiveSeconds(shown)
}

function writeDraft7(fields: Fields, { policies, shown }: Told): void {
  const { limit, remaining } = shown
  fields['ratelimit-policy'] = quotaPolicies(policies)
  fields['ratelimit'] = `limit=${sfInteger(limit)}, remaining=${sfInteger(remaining)}, reset=${effectiveSeconds(shown)}`
}

function writeDraft11(fields: Fields, { policies }: Told): void {
  let quotas = ''
  let standings = ''
  for (const policy of policies) {
    const { quota, remaining, unit, partitionKey } = policy
    const separator = quotas === '' ? '' : ', '
    const name = sfString(policy.name)
    const counted = unit === undefined ? '' : `;qu=${sfString(unit)}`
    const partition = partitionKey ? `;pk=${sfBytes(partitionKey)}` : ''
    quotas += `${separator}${name};q=${sfInteger(quota)}${counted};w=${windowSeconds(policy)}${partition}`
    standings += `${separator}${name};r=${sfInteger(remaining)};t=${effectiveSeconds(policy)}${partition}`
  }
  fields['ratelimit-policy'] = quotas
  fields['ratelimit'] = standings
}

/** How revisions 6 and 7 list limits, which have no names there. */
function quotaPolicies(policies: readonly PolicyResult[]): string {
  return policies.map((policy) => `${sfInteger(policy.quota)};w=${windowSeconds(policy)}`).join(', ')
}

function windowSeconds({ windowMs }: PolicyResult): string {
  return seconds(windowMs)
}

/**
 * For how long what is left has to do: where there is too little, until there is enough. So `Retry-After` is never earlier
 * than a limit that denies says.
 */
function effectiveSeconds({ allowed, retryAfterMs, resetAfterMs }: PolicyResult): string {
  return seconds(!allowed && Number.isFinite(retryAfterMs) ? retryAfterMs : resetAfterMs)
}

function seconds(ms: number): string {
  return `${Math.ceil(ms / 1000)}`
}

function refuse(expected: string, got: unknown): never {
  throw new ConfigError('RL_INVALID_OPTION', `Expected \`headers\` to be ${expected}, got ${shown(got)}`)
}
