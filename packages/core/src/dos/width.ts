import type { AddressReader } from '../client/address-reader.ts'
import { leadingBits, networkText } from '../client/network.ts'
import { ConfigError, shown } from '../errors.ts'

/** A length of network that requests are counted by: all addresses that share so many leading bits are one source. */
export interface Width {
  /** Its place among all widths. */
  readonly id: number
  readonly isIPv4: boolean
  readonly bits: number
  /** How many requests within a window are no attack yet. */
  readonly threshold: number
  /** From how many on other processes are asked about the source. */
  readonly suspicious: number
  readonly highMask: number
  readonly lowMask: number
}

/** The widths of each kind of address, narrow ones first. */
export interface Widths {
  readonly all: readonly Width[]
  readonly ipv4: readonly Width[]
  readonly ipv6: readonly Width[]
}

/** A kind of network and its length, as in `ipv4/24`. */
export type NetworkName = `${'ipv4' | 'ipv6'}/${number}`

/** How many bits of an address tell sources apart. */
const SOURCE_BITS = { ipv4: 32, ipv6: 64 } as const
const FEWEST_BITS = 8
/** One less than one part of a window can count: also a flood that comes all at once is found. */
export const MOST_REQUESTS = 65_534
const SUSPICIOUS = 1 / 4
const DEFAULT_FACTORS = { 'ipv4/24': 32, 'ipv6/56': 8, 'ipv6/48': 64 } as const

/**
 * The widths for single sources (an IPv4 address, an IPv6 /64) and for the networks around them.
 *
 * @throws {ConfigError} `RL_INVALID_OPTION`
 */
export function widthsFor(
  threshold: number,
  networks: Readonly<Partial<Record<NetworkName, number>>> = defaultNetworks(threshold),
): Widths {
  if (typeof networks !== 'object' || networks === null || Array.isArray(networks) || networks instanceof Map) {
    refuse('`networks` to be an object', networks)
  }
  const thresholds: Record<keyof typeof SOURCE_BITS, Record<number, number>> = {
    ipv4: { [SOURCE_BITS.ipv4]: threshold },
    ipv6: { [SOURCE_BITS.ipv6]: threshold },
  }
  for (const [name, most = Number.NaN] of Object.entries(networks)) {
    const { kind, bits } = /^(?<kind>ipv4|ipv6)\/(?<bits>[1-9]\d?)$/.exec(name)?.groups ?? {}
    if (!isKind(kind) || Number(bits) < FEWEST_BITS || Number(bits) >= SOURCE_BITS[kind]) {
      const expected = `ipv4/${FEWEST_BITS} to ipv4/${SOURCE_BITS.ipv4 - 1}, or ipv6/${FEWEST_BITS} to ipv6/${SOURCE_BITS.ipv6 - 1}`
      refuse(`a key of \`networks\` to be ${expected}`, name)
    }
    if (!Number.isSafeInteger(most) || most < 1 || most > MOST_REQUESTS) {
      refuse(`\`networks['${name}']\` to be a whole number from 1 to ${MOST_REQUESTS}`, most)
    }
    thresholds[kind][Number(bits)] = most
  }
  const ipv4 = listOf(true, thresholds.ipv4, 0)
  const ipv6 = listOf(false, thresholds.ipv6, ipv4.length)
  return { all: [...ipv4, ...ipv6], ipv4, ipv6 }
}

/** A source of some width, as `clientKey` names it. */
export function scopeOf({ isIPv4, bits }: Width, high: number, low: number): string {
  return networkText(isIPv4, [high, low, 0, 0], bits)
}

/** Finds what `scopeOf` has named; an address alone is a single source. */
export function widthOf(widths: Widths, reader: AddressReader, scope: string): Width | undefined {
  const [address = '', bits, ...rest] = typeof scope === 'string' ? scope.split('/') : []
  if (rest.length > 0 || !reader.read(address)) return undefined
  const ofItsKind = reader.isIPv4 ? widths.ipv4 : widths.ipv6
  return bits === undefined ? ofItsKind[0] : ofItsKind.find((width) => String(width.bits) === bits)
}

function defaultNetworks(threshold: number): Record<string, number> {
  const entries = Object.entries(DEFAULT_FACTORS)
  return Object.fromEntries(entries.map(([name, factor]) => [name, Math.min(MOST_REQUESTS, factor * threshold)]))
}

function isKind(kind: string | undefined): kind is keyof typeof SOURCE_BITS {
  return kind !== undefined && Object.hasOwn(SOURCE_BITS, kind)
}

function listOf(isIPv4: boolean, thresholds: Readonly<Record<number, number>>, firstId: number): readonly Width[] {
  const lengths = Object.keys(thresholds).map(Number)
  const widths = lengths
    .toSorted((a, b) => b - a)
    .map((bits, i) => {
      const threshold = thresholds[bits]!
      const suspicious = Math.ceil(SUSPICIOUS * threshold)
      return {
        id: firstId + i,
        isIPv4,
        bits,
        threshold,
        suspicious,
        highMask: leadingBits(bits),
        lowMask: leadingBits(bits - 32),
      }
    })
  for (const [i, { threshold }] of widths.entries()) {
    if (threshold < (widths[i - 1]?.threshold ?? 0)) {
      refuse('`networks` to allow a wider network at least what it allows a narrower one, and a source', threshold)
    }
  }
  return widths
}

function refuse(expected: string, got: unknown): never {
  throw new ConfigError('RL_INVALID_OPTION', `Expected ${expected}, got ${shown(got)}`)
}
