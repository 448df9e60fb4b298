import { spawn } from 'node:child_process'
import type { ChildProcessWithoutNullStreams } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { startRedis } from '@rl/test-servers'
import { afterEach, describe, expect, it, onTestFinished } from 'vitest'

import { admittedOf } from './requests.fixture.ts'

/**
 * Tests that servers of their own processes admit 100 together.
 *
 * @param script Serves 100 an hour on a store that is shared: the path of an SQLite file, or the URL of a Redis. Prints its port,
 * and ends with its standard input.
 */
export function testTwoProcesses(script: URL): void {
  const started: ChildProcessWithoutNullStreams[] = []

  afterEach(() => {
    for (const child of started.splice(0)) child.stdin.end()
  })

  async function startServer(place: string): Promise<string> {
    const child = spawn(process.execPath, [fileURLToPath(script), place])
    child.stderr.pipe(process.stderr)
    started.push(child)
    const [port] = (await once(child.stdout, 'data')) as [Buffer]
    return `http://127.0.0.1:${String(port).trim()}`
  }

  describe('two processes', () => {
    it.each([
      ['one SQLite file', newFile],
      ['one Redis', newRedis],
    ])('that share %s admit exactly 100 together', { timeout: 60_000 }, async (_what, make) => {
      const place = await make()
      const origins = await Promise.all([1, 2].map(async () => startServer(place)))
      const admitted = await Promise.all(origins.map(async (origin) => admittedOf(200, origin)))
      expect(admitted.reduce((a, b) => a + b)).toBe(100)
    })
  })
}

function newFile(): string {
  const folder = mkdtempSync(join(tmpdir(), 'compat-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  return join(folder, 'counts.db')
}

async function newRedis(): Promise<string> {
  const redis = await startRedis()
  onTestFinished(async () => redis.stop())
  return redis.url
}
