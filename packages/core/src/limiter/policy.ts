import { ConfigError, shown } from '../errors.ts'
import type { Limit } from '../limits/limit.ts'
import { parseLimit } from '../limits/parse-limit.ts'
import { windowText } from '../limits/rate.ts'
import type { Rate } from '../limits/rate.ts'
import { checkOptions } from '../options.ts'
import { checkStore } from '../stores/check-store.ts'
import { QuotaSource } from './quota-source.ts'
import type { EndpointRuleSpec, IpRuleSpec, OutageOptions, Per, Rule, RuleKind, RuleSpec } from './rule.ts'

/** One window of a rule, ready to be charged: a limit with a name and a place to count. */
export interface Policy extends OutageOptions {
  readonly name: string
  readonly kind: RuleKind
  readonly limit: Limit
  readonly per: Per
  /** Whether callers with a known user are charged as well. */
  readonly forUsers: boolean
  /** What its keys begin with: that of all callers together, of a user, of an address. */
  readonly prefixes: Readonly<Record<'all' | 'user' | 'ip', string>>
  /** Whether it only tells what it would decide. */
  readonly isShadow: boolean
  readonly unit?: string
  /** Finds its limit, where that depends on the request: `limit` has the window then, and no quota. */
  readonly quotas?: QuotaSource
}

/** Where a rule stands. */
export interface RulePlace {
  readonly kind: RuleKind
  readonly name: string
  /** What its counters are called. Tiers share one, so that who changes tier in mid-window has not spent less for it, unless they differ in their windows. */
  readonly counter: string
  /** What becomes of windows in an outage that do not say so themselves. */
  readonly outage: OutageOptions
}

type AnySpec = EndpointRuleSpec & IpRuleSpec

const SPEC_KEYS = {
  rate: true,
  algorithm: true,
  burst: true,
  name: true,
  mode: true,
  unit: true,
  onStoreError: true,
  fallback: true,
} as const satisfies Record<keyof RuleSpec, true>
const KNOWN_KEYS = {
  ip: { ...SPEC_KEYS, appliesTo: true },
  user: SPEC_KEYS,
  endpoint: { ...SPEC_KEYS, per: true },
} as const satisfies Record<RuleKind, Readonly<Record<string, true>>>

const DEFAULT_PER = { ip: 'ip', user: 'user', endpoint: 'client' } as const satisfies Record<RuleKind, Per>
const PRINTABLE = /^[\x20-\x7E]+$/

/**
 * Compiles a rule into its policies: none if it is unlimited, one for each window.
 *
 * @throws {ConfigError} `RL_INVALID_RULE`, `RL_INVALID_RATE`, `RL_INVALID_LIMIT`, `RL_INVALID_OPTION`,
 * `RL_UNKNOWN_OPTION`
 */
export function compileRule(place: RulePlace, rule: Rule<EndpointRuleSpec> | Rule<IpRuleSpec>): readonly Policy[] {
  if (rule === 'unlimited') return []
  // A hole becomes `undefined`, which is refused.
  const specs: readonly (Rate | AnySpec)[] = isList(rule) ? [...rule] : [rule]
  if (specs.length === 0) refuse(`Expected a rate for ${shown(place.name)}, or 'unlimited', got an empty array`)
  const windows = specs.map((spec) => (typeof spec === 'string' ? { rate: spec } : spec))
  // What is no object at all is refused where it is compiled.
  const isShadow = (spec: AnySpec): boolean => (spec as AnySpec | null | undefined)?.mode === 'shadow'
  const shadows = windows.filter(isShadow).length
  const policies = windows.map((spec) =>
    compileWindow(place, spec, (isShadow(spec) ? shadows : windows.length - shadows) > 1),
  )
  for (const [i, { limit, prefixes }] of policies.entries()) {
    const isSame = (other: Policy): boolean =>
      other.prefixes.all === prefixes.all && other.limit.algorithm === limit.algorithm
    if (policies.slice(0, i).some(isSame)) {
      const window = windowText(limit.windowMs)
      refuse(
        `Expected the windows of ${shown(place.name)} to differ in length, algorithm or \`per\`, got two of ${window}`,
      )
    }
  }
  return policies
}

function isList<T extends object>(rule: Rate | T | readonly (Rate | T)[]): rule is readonly (Rate | T)[] {
  return Array.isArray(rule)
}

function compileWindow({ kind, name, counter, outage }: RulePlace, spec: AnySpec, isOneOfSeveral: boolean): Policy {
  checkOptions(`the rule ${shown(name)}`, spec, KNOWN_KEYS[kind])
  // By default values, since `null` must not pass for nothing.
  const { onStoreError: limiterWide = 'allow' } = outage
  const {
    name: ownName,
    per = DEFAULT_PER[kind],
    appliesTo = 'anonymous',
    mode = 'enforce',
    unit,
    onStoreError = limiterWide,
    fallback = outage.fallback,
    rate,
    ...limitSpec
  } = spec
  checkOneOf('per', per, ['client', 'ip', 'user', 'endpoint'])
  checkOneOf('appliesTo', appliesTo, ['anonymous', 'everyone'])
  checkOneOf('mode', mode, ['enforce', 'shadow'])
  checkOneOf('onStoreError', onStoreError, ['allow', 'deny'])
  if (fallback !== undefined) checkStore('fallback', fallback)
  const quotas = typeof rate === 'object' && rate !== null ? new QuotaSource(rate, limitSpec) : undefined
  const limit = quotas?.template ?? parseLimit({ ...limitSpec, rate: rate as Rate })
  // Not by its type, but by what may be written in a file.
  if (typeof limit === 'string')
    refuse(`Expected 'unlimited' to be all of the rule ${shown(name)}, got it as one of its rates`)
  const isShadow = mode === 'shadow'
  const by = per === DEFAULT_PER[kind] ? '' : ` by ${per}`
  const which = isOneOfSeveral ? ` per ${windowText(limit.windowMs)}${by}` : ''
  const policyName = ownName ?? name + which + (isShadow ? ' shadow' : '')
  checkPrintable('name', policyName)
  if (unit !== undefined) checkPrintable('unit', unit)
  // A shadow counts apart, by its own name: it may have the very window of a limit that it is compared with.
  const ownCounter = isShadow ? `${counter} shadow ${policyName}` : counter + which
  const prefix = `${escaped(ownCounter)}|`
  return Object.freeze({
    name: policyName,
    kind,
    limit,
    per,
    forUsers: kind !== 'ip' || appliesTo === 'everyone',
    prefixes: { all: prefix, user: `${prefix}user:`, ip: `${prefix}ip:` },
    isShadow,
    onStoreError,
    ...(unit !== undefined && { unit }),
    ...(quotas && { quotas }),
    ...(fallback && { fallback }),
  })
}

function checkPrintable(field: string, text: string): void {
  if (typeof text !== 'string' || !PRINTABLE.test(text)) {
    refuse(`Expected a \`${field}\` of printable ASCII, as header fields need, got ${shown(text)}`)
  }
}

/** Keeps the first `|` of a key the end of its prefix, whatever a client calls itself. */
function escaped(counter: string): string {
  return counter.replaceAll('%', '%25').replaceAll('|', '%7C')
}

function checkOneOf<T extends string>(field: string, value: T, allowed: readonly T[]): void {
  if (!allowed.includes(value)) refuse(`Expected \`${field}\` to be one of ${allowed.join(', ')}, got ${shown(value)}`)
}

function refuse(message: string): never {
  throw new ConfigError('RL_INVALID_RULE', message)
}
