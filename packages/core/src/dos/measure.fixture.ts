// Measures the DoS guard, and prints the tables of docs/dos-guard.md. It takes some minutes, and wants a machine to itself.
// Usage: node packages/core/src/dos/measure.fixture.ts
import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

import { DosGuard } from './dos-guard.ts'
import { ADDRESSES, attackers, innocents, simulate, WINDOW_MS } from './traffic.fixture.ts'
import type { Sender } from './traffic.fixture.ts'

const SCRIPT = fileURLToPath(import.meta.url)
const MIB = 2 ** 20
const CHUNK = 1000
const OTHERS = 10_000_000

type Kind = keyof typeof ADDRESSES

/** As they come out of a socket, not as the ropes that template literals are. */
function texts(count: number, addressOf: (i: number) => string): readonly string[] {
  return Array.from({ length: count }, (_, i) => Buffer.from(addressOf(i)).toString('latin1'))
}

/** What so many addresses cost in one window, on the machine's own clock, in a process that does nothing else. */
function measureCost(kind: Kind, distinct: number, mebibytes: number): void {
  const addressOf = ADDRESSES[kind]
  // Of few addresses, each is asked about 90 times: more would be an attack. Of many, the last two million are measured.
  const requests = Math.min(90 * distinct, distinct + 2_000_000)
  // Lets the heap grow to what making the texts takes, which is not the guard's.
  for (let first = 0; first < requests; first += CHUNK) texts(CHUNK, (i) => addressOf(first + i))
  gc!()
  const before = process.memoryUsage()
  const guard = new DosGuard({ maxBytes: mebibytes * MIB })
  const nanoseconds: number[] = []
  for (let first = 0; first < requests; first += CHUNK) {
    // By a prime, so that all are passed in an order that no cache can guess.
    const chunk = texts(CHUNK, (i) => addressOf(((first + i) * 7_919_317) % distinct))
    const start = process.hrtime.bigint()
    for (const address of chunk) if (guard.detectAttack(address)) throw new Error(`${address} is no attacker`)
    const isMeasured = first >= Math.max(requests / 3, requests - 2_000_000)
    if (isMeasured) nanoseconds.push(Number(process.hrtime.bigint() - start) / CHUNK)
  }
  gc!()
  const after = process.memoryUsage()
  const grown = (name: 'arrayBuffers' | 'rss' | 'heapUsed') => ((after[name] - before[name]) / MIB).toFixed(1)
  const sorted = nanoseconds.toSorted((a, b) => a - b)
  const fastest = quantile(sorted, 0.1).toFixed(0)
  const cells = [kind, distinct.toLocaleString('en'), `${mebibytes} MiB`, guard.stats().sources.toLocaleString('en')]
  const memory = [grown('arrayBuffers'), grown('rss'), grown('heapUsed')]
  process.stdout.write(row(...cells, ...memory, fastest, quantile(sorted, 0.5).toFixed(0)))
}

/**
 * The longest that one of a million requests takes, among them those after a window's end, when all is gone at once. Each is
 * the fastest of six runs of the same: what the machine did meanwhile is not the guard's.
 */
function longestMs(): number {
  const fastest = new Float64Array(1_000_000).fill(Infinity)
  for (let run = 0; run < 6; run++) {
    let now = 1_700_000_000_000
    const guard = new DosGuard({ clock: () => now, seed: 1 })
    for (let i = 0; i < 2 * fastest.length; i++) guard.detectAttack(ADDRESSES.IPv4(i))
    for (let i = 0; i < fastest.length; i++) {
      if (i % 300_000 === 1000) now += WINDOW_MS
      const address = ADDRESSES.IPv4(OTHERS + i)
      const start = performance.now()
      guard.detectAttack(address)
      fastest[i] = Math.min(fastest[i]!, performance.now() - start)
    }
  }
  return fastest.reduce((longest, ms) => Math.max(longest, ms))
}

function detectionRows(among: string, everybody: readonly Sender[]): string {
  const groups = Array.from(new Set(everybody.map(({ group }) => group)))
  const rows = groups.map((group) => {
    const members = everybody.filter((sender) => sender.group === group)
    const found = members.filter(({ isFound }) => isFound)
    const late = found.map(({ sent, most }) => sent - most).toSorted((a, b) => a - b)
    const quantiles = [0.5, 0.99, 1].map((q) => (late.length > 0 ? String(quantile(late, q)) : '–'))
    return row(among, group, `${found.length} of ${members.length}`, ...quantiles)
  })
  return rows.join('')
}

function innocentRow(among: string, everybody: readonly Sender[]): string {
  const members = everybody.filter(({ group }) => group === 'innocent')
  const guilty = everybody.filter(({ group }) => group !== 'innocent')
  const requests = members.reduce((sum, { sent }) => sum + sent, 0)
  const found = (senders: readonly Sender[]) => senders.filter(({ isFound }) => isFound).length
  const numbers = [members.length, requests, found(members)].map((number) => number.toLocaleString('en'))
  return row(among, ...numbers, guilty.length > 0 ? `${found(guilty)} of ${guilty.length}` : '–')
}

function quantile(sorted: readonly number[], q: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))]!
}

function row(...cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |\n`
}

function head(...cells: readonly string[]): string {
  return `\n${row(...cells)}${row(...cells.map(() => '---'))}`
}

function measureAll(): void {
  const print = (text: string): unknown => process.stdout.write(text)

  print(
    head(
      '',
      'addresses',
      '`maxBytes`',
      'records',
      'arrays, MiB',
      'RSS, MiB',
      'heap, MiB',
      'ns, fastest tenth',
      'ns, median',
    ),
  )
  for (const mebibytes of [32, 4]) {
    for (const kind of Object.keys(ADDRESSES)) {
      for (const distinct of [10_000, 1_000_000, OTHERS]) {
        const args = ['--expose-gc', SCRIPT, kind, String(distinct), String(mebibytes)]
        print(execFileSync(process.execPath, args, { encoding: 'utf8' }))
      }
    }
  }
  print(`\nThe longest of a million requests: ${(1000 * longestMs()).toFixed(0)} µs\n`)

  print(head('among', 'who', 'found', 'late, median', 'late, 99 %', 'late, most'))
  const alone = attackers()
  simulate(alone, 1, 0)
  print(detectionRows('nobody else', alone))
  for (const mebibytes of [32, 4]) {
    const flooded = attackers()
    simulate(flooded, 1, OTHERS, { maxBytes: mebibytes * MIB })
    print(detectionRows(`10,000,000 others, in ${mebibytes} MiB`, flooded))
  }

  print(head('innocents among', 'sources', 'requests', 'acted on', 'attackers found'))
  const peace = innocents(1_000_000)
  simulate(peace, 3, 0)
  print(innocentRow('themselves, for 3 windows', peace))
  const war = [...innocents(1_000_000), ...attackers()]
  simulate(war, 2, OTHERS)
  print(innocentRow('10,000,000 others and all attackers above, for 2 windows', war))
}

const [kind, distinct, mebibytes] = process.argv.slice(2)
if (kind === undefined) measureAll()
else measureCost(kind as Kind, Number(distinct), Number(mebibytes))
