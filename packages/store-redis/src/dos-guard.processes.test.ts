import { spawn } from 'node:child_process'
import type { ChildProcessWithoutNullStreams } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

import type { Ban } from '@rl/core'
import { startRedis } from '@rl/test-servers'
import type { RedisServer } from '@rl/test-servers'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'

const SCRIPT = fileURLToPath(new URL('guard.fixture.ts', import.meta.url))
const ATTACKER = '203.0.113.7'
const folder = mkdtempSync(join(tmpdir(), 'rl-'))
const started = new Set<ChildProcessWithoutNullStreams>()

let server: RedisServer

beforeAll(async () => {
  server = await startRedis()
})

afterEach(() => {
  for (const child of started) child.kill('SIGKILL')
  started.clear()
})

afterAll(async () => {
  await server.stop()
  rmSync(folder, { recursive: true })
})

interface Answer {
  readonly attacks: number
  readonly bans: readonly Ban[]
}

/** Starts a process with a guard; what is returned has it decide requests of an address. */
function startGuard(args: readonly string[]): (address: string, requests: number) => Promise<Answer> {
  const child = spawn(process.execPath, [SCRIPT, ...args])
  child.stderr.pipe(process.stderr)
  started.add(child)
  const answers = createInterface(child.stdout)[Symbol.asyncIterator]()
  return async (address, requests) => {
    child.stdin.write(`${address} ${requests}\n`)
    return JSON.parse((await answers.next()).value as string) as Answer
  }
}

it.each<[string, () => string[]]>([
  ['Redis', () => ['redis', server.url]],
  ['an SQLite file', () => ['sqlite', join(folder, 'bans.db')]],
])('a source that one process bans is banned by the others that share %s', async (_store, args) => {
  const [one, other] = [startGuard(args()), startGuard(args())]
  expect(await one(ATTACKER, 101)).toEqual({
    attacks: 1,
    bans: [{ scope: ATTACKER, strikes: 1, endsInMs: expect.any(Number) }],
  })
  expect(await other(ATTACKER, 24)).toEqual({ attacks: 0, bans: [] })
  const { attacks, bans } = await other(ATTACKER, 1)
  expect({ attacks, bans }).toEqual({
    attacks: 0,
    bans: [{ scope: ATTACKER, strikes: 1, endsInMs: expect.any(Number) }],
  })
  expect(bans[0]!.endsInMs).toBeLessThanOrEqual(60_000)
  expect((await other(ATTACKER, 100)).attacks).toBe(100)
  expect((await other('203.0.113.8', 100)).attacks).toBe(0)
})
