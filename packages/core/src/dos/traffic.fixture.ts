import { DosGuard } from './dos-guard.ts'
import type { DosGuardOptions } from './dos-guard-options.ts'

export const WINDOW_MS = 60_000
const THRESHOLD = 100

/** The addresses number 0, 1, 2 …, all different, scattered over the address space. */
export const ADDRESSES = {
  IPv4: (i: number) => {
    const word = scattered(i)
    return `${word >>> 24}.${(word >>> 16) & 255}.${(word >>> 8) & 255}.${word & 255}`
  },
  IPv6: (i: number) => {
    const word = scattered(i)
    return `2a00:${hex(word >>> 16)}:${hex(word & 0xffff)}:1::${hex(i & 0xfff)}`
  },
} as const

/** Whoever sends so many requests in a window, evenly, until he is found. */
export interface Sender {
  readonly group: string
  /** How many of its requests are no attack. */
  readonly most: number
  readonly perWindow: number
  readonly addressOf: (request: number) => string
  sent: number
  isFound: boolean
}

/** In 100.0.0.0/8 and 2001::/16, where nobody else here is. The first so many of each group. */
export function attackers(most = 200): Sender[] {
  const single = (factor: number, network: number): Sender[] =>
    senders(Math.min(most, 200), (i) => ({
      group: `one address, ${factor} × its threshold`,
      most: THRESHOLD,
      perWindow: factor * THRESHOLD,
      addressOf: () => `100.${network}.${i}.7`,
    }))
  const rotating = (
    bits: number,
    factor: number,
    count: number,
    of: (i: number, request: number) => string,
  ): Sender[] =>
    senders(Math.min(most, count), (i) => ({
      group: `all over a /${bits}, 5 × its threshold`,
      most: factor * THRESHOLD,
      perWindow: 5 * factor * THRESHOLD,
      addressOf: (request) => of(i, request),
    }))
  return [
    ...single(2, 64),
    ...single(5, 65),
    ...single(20, 66),
    ...rotating(64, 1, 200, (i, request) => `2001:db8:${hex(i)}:1::${hex(request * 0x9e37)}`),
    ...rotating(24, 32, 20, (i, request) => `100.67.${i}.${(request * 97) & 255}`),
    ...rotating(56, 8, 20, (i, request) => `2001:db9:${hex(i)}:1${hex(request * 97, 2)}::1`),
    ...rotating(48, 64, 20, (i, request) => `2001:dba:${hex(i)}:${hex(request * 0x9e37)}::1`),
  ]
}

/** The r-th of so many sources sends in proportion to 1 / r (Zipf), but at most half of the threshold, and at least once. */
export function innocents(count: number): Sender[] {
  return senders(count, (i) => ({
    group: 'innocent',
    most: THRESHOLD,
    perWindow: Math.min(THRESHOLD / 2, Math.max(1, Math.floor((0.2 * count) / (i + 1)))),
    addressOf: i % 2 === 0 && !isReserved(ADDRESSES.IPv4(i)) ? () => ADDRESSES.IPv4(i) : () => ADDRESSES.IPv6(i),
  }))
}

/**
 * Has everybody send for some windows, in the order of time. Before, for one and a half, only others send, and they go on:
 * each of their requests comes from a new address. None of them is ever to be found.
 */
export function simulate(
  everybody: readonly Sender[],
  windows: number,
  othersPerWindow: number,
  options: DosGuardOptions = {},
): void {
  const begin = 1_700_000_000_000
  let now = begin
  const guard = new DosGuard({ ...options, windowMs: WINDOW_MS, threshold: THRESHOLD, clock: () => now })
  const due = timetable(everybody)
  let others = 0
  const start = begin + 1.5 * WINDOW_MS
  for (; now < start + windows * WINDOW_MS; now++) {
    for (const sender of now < start ? [] : due[(now - start) % WINDOW_MS]!) {
      if (sender.isFound) continue
      sender.isFound = guard.detectAttack(sender.addressOf(sender.sent))
      if (!sender.isFound) sender.sent += 1
    }
    for (const until = Math.floor(((now - begin + 1) * othersPerWindow) / WINDOW_MS); others < until; others++) {
      // Beyond the numbers of the innocents.
      const address = ADDRESSES.IPv4(10_000_000 + others)
      if (!isReserved(address) && guard.detectAttack(address)) throw new Error(`${address} is no attacker`)
    }
  }
}

/** Who sends in each millisecond of a window. */
function timetable(everybody: readonly Sender[]): readonly (readonly Sender[])[] {
  const due: Sender[][] = Array.from({ length: WINDOW_MS }, () => [])
  for (const [i, sender] of everybody.entries()) {
    const stepMs = WINDOW_MS / sender.perWindow
    const phase = (scattered(i) / 2 ** 32) * stepMs
    for (let request = 0; request < sender.perWindow; request++) due[Math.floor(phase + request * stepMs)]!.push(sender)
  }
  return due
}

function senders(count: number, make: (i: number) => Omit<Sender, 'sent' | 'isFound'>): Sender[] {
  return Array.from({ length: count }, (_, i) => ({ ...make(i), sent: 0, isFound: false }))
}

/** Multiplication by an odd number: another word for each word. */
function scattered(i: number): number {
  return (Math.imul(i, 0x9e3779b1) ^ 0x5bd1e995) >>> 0
}

/** For attackers. */
function isReserved(address: string): boolean {
  return address.startsWith('100.')
}

function hex(word: number, digits = 4): string {
  return word.toString(16).padStart(digits, '0').slice(-digits)
}
