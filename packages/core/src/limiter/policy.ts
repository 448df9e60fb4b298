import { ConfigError, shown } from '../errors.ts'
import type { Limit } from '../limits/limit.ts'
import { parseLimit } from '../limits/parse-limit.ts'
import { windowText } from '../limits/rate.ts'
import type { Rate } from '../limits/rate.ts'
import { checkOptions } from '../options.ts'
import type { EndpointRuleSpec, IpRuleSpec, Per, Rule, RuleKind } from './rule.ts'

/** One window of a rule, ready to be charged: a limit with a name and a place to count. */
export interface Policy {
  readonly name: string
  readonly kind: RuleKind
  readonly limit: Limit
  readonly per: Per
  /** Whether callers with a known user are charged as well. */
  readonly forUsers: boolean
  /** What its keys begin with. */
  readonly prefix: string
}

/** Where a rule stands: what it is called, and what its counters are called. */
export interface RulePlace {
  readonly kind: RuleKind
  readonly name: string
  /** Tiers share one, so that who changes tier in mid-window has not spent less for it. */
  readonly counter: string
}

const SPEC_KEYS = { rate: true, algorithm: true, burst: true, name: true } as const
const KNOWN_KEYS = {
  ip: { ...SPEC_KEYS, appliesTo: true },
  user: SPEC_KEYS,
  endpoint: { ...SPEC_KEYS, per: true },
} as const satisfies Record<RuleKind, Readonly<Record<string, true>>>

const DEFAULT_PER = { ip: 'ip', user: 'user', endpoint: 'client' } as const satisfies Record<RuleKind, Per>
const PERS: readonly Per[] = ['client', 'ip', 'user', 'endpoint']
const PRINTABLE = /^[\x20-\x7E]+$/

/**
 * Compiles a rule into its policies: none if it is unlimited, one for each window.
 *
 * @throws {ConfigError} `RL_INVALID_RULE`, `RL_INVALID_RATE`, `RL_INVALID_LIMIT`, `RL_UNKNOWN_OPTION`
 */
export function compileRule(place: RulePlace, rule: Rule<EndpointRuleSpec> | Rule<IpRuleSpec>): readonly Policy[] {
  if (rule === 'unlimited') return []
  const specs: readonly (Rate | (EndpointRuleSpec & IpRuleSpec))[] = isList(rule) ? rule : [rule]
  if (specs.length === 0) {
    throw new ConfigError(
      'RL_INVALID_RULE',
      `Expected a rate for ${shown(place.name)}, or 'unlimited', got an empty array`,
    )
  }
  const policies = specs.map((spec) =>
    compileWindow(place, typeof spec === 'string' ? { rate: spec } : spec, specs.length > 1),
  )
  for (const [i, { limit, prefix }] of policies.entries()) {
    if (policies.slice(0, i).some((other) => other.prefix === prefix && other.limit.algorithm === limit.algorithm)) {
      throw new ConfigError(
        'RL_INVALID_RULE',
        `Expected the windows of ${shown(place.name)} to differ in length, algorithm or \`per\`, got two of ${windowText(limit.windowMs)}`,
      )
    }
  }
  return policies
}

function isList<T extends object>(rule: Rate | T | readonly (Rate | T)[]): rule is readonly (Rate | T)[] {
  return Array.isArray(rule)
}

function compileWindow(
  { kind, name, counter }: RulePlace,
  spec: EndpointRuleSpec & IpRuleSpec,
  isOneOfSeveral: boolean,
): Policy {
  checkOptions(`the rule ${shown(name)}`, spec, KNOWN_KEYS[kind])
  const { name: ownName, per = DEFAULT_PER[kind], appliesTo = 'anonymous', ...limitSpec } = spec
  const limit = parseLimit(limitSpec)
  const which = isOneOfSeveral
    ? ` per ${windowText(limit.windowMs)}${per === DEFAULT_PER[kind] ? '' : ` by ${per}`}`
    : ''
  const policyName = ownName ?? name + which
  if (!PRINTABLE.test(policyName)) {
    throw new ConfigError(
      'RL_INVALID_RULE',
      `Expected a \`name\` of printable ASCII, as header fields need, got ${shown(policyName)}`,
    )
  }
  if (!PERS.includes(per)) {
    throw new ConfigError('RL_INVALID_RULE', `Expected \`per\` to be one of ${PERS.join(', ')}, got ${shown(per)}`)
  }
  if (appliesTo !== 'anonymous' && appliesTo !== 'everyone') {
    throw new ConfigError(
      'RL_INVALID_RULE',
      `Expected \`appliesTo\` to be anonymous or everyone, got ${shown(appliesTo)}`,
    )
  }
  const forUsers = kind !== 'ip' || appliesTo === 'everyone'
  return Object.freeze({ name: policyName, kind, limit, per, forUsers, prefix: `${escaped(counter + which)}|` })
}

/** Keeps the first `|` of a key the end of its prefix, whatever a client calls itself. */
function escaped(counter: string): string {
  return counter.replaceAll('%', '%25').replaceAll('|', '%7C')
}
