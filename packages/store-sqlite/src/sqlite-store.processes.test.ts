import { spawn } from 'node:child_process'
import type { ChildProcessWithoutNullStreams } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { parseLimit } from '@rl/core'
import Database from 'better-sqlite3'
import { afterEach, describe, expect, it } from 'vitest'

import { SqliteStore } from './sqlite-store.ts'
import { ask, temporaryFiles } from './store-tests.fixture.ts'

const SPEND = new URL('spend.fixture.ts', import.meta.url)
const LOAD = new URL('load.fixture.ts', import.meta.url)
const FOLLOW = new URL('follow.fixture.ts', import.meta.url)
const RECORD = new URL('record.fixture.ts', import.meta.url)

const newPath = temporaryFiles()
const started = new Set<ChildProcessWithoutNullStreams>()

afterEach(() => {
  for (const child of started) child.kill('SIGKILL')
  started.clear()
})

function start(script: URL, args: readonly (string | number)[], cwd?: string): ChildProcessWithoutNullStreams {
  const child = spawn(process.execPath, [fileURLToPath(script), ...args.map(String)], { cwd })
  child.stderr.pipe(process.stderr)
  started.add(child)
  return child
}

/** Lets several processes begin at the same moment, and answers what each says at the end. */
async function race(children: readonly ChildProcessWithoutNullStreams[]): Promise<string[]> {
  await Promise.all(children.map((child) => once(child.stdout, 'data')))
  return Promise.all(
    children.map(async (child) => {
      const said: Buffer[] = []
      child.stdout.on('data', (chunk: Buffer) => said.push(chunk))
      child.stdin.end()
      await once(child, 'close')
      return Buffer.concat(said).toString()
    }),
  )
}

describe('several processes on one file', () => {
  it('which none has made yet, admit exactly the quota, five times in a row', { timeout: 60_000 }, async () => {
    for (let round = 0; round < 5; round++) {
      const path = newPath()
      const children = Array.from({ length: 4 }, () => start(SPEND, [1000, path]))
      const admitted = (await race(children)).map(Number)
      expect(admitted.reduce((sum, n) => sum + n)).toBe(1000)
      expect(ask(path, 'SELECT count(*) FROM rl_states')).toBe(1)
    }
  })

  it('all get their turn, two at full load', { timeout: 60_000 }, async () => {
    const path = newPath()
    const said = await race([start(LOAD, [1500, path]), start(LOAD, [1500, path])])
    for (const line of said) {
      const { calls, longestMs } = JSON.parse(line) as { calls: number; longestMs: number }
      expect(calls).toBeGreaterThan(1000)
      expect(longestMs).toBeLessThan(1000)
    }
  })
})

describe('several processes whose file is', () => {
  it.each<[string, (path: string) => void]>([
    ['deleted', (path) => rmSync(path)],
    [
      'replaced',
      (path) => {
        new Database(`${path}.new`).exec('CREATE TABLE theirs (x)').close()
        renameSync(`${path}.new`, path)
      },
    ],
  ])('%s under them go on with the same new one, and lose no count', { timeout: 60_000 }, async (_what, takeAway) => {
    const path = newPath()
    const children = [start(FOLLOW, [path]), start(FOLLOW, [path])]
    await Promise.all(children.map((child) => once(child.stdout, 'data')))
    takeAway(path)
    const admitted = (await race(children)).map(Number)
    const store = new SqliteStore({ path })
    const [verdict] = await store.peek([{ key: 'shared', limit: parseLimit('1000000 per hour'), cost: 0 }])
    await store.close()
    expect(verdict!.limit - verdict!.remaining).toBe(admitted.reduce((sum, n) => sum + n))
    expect(ask(path, 'PRAGMA integrity_check')).toBe('ok')
  })
})

describe('a process that is killed in full flight', () => {
  it('has lost nothing that it had answered, and leaves a sound file', { timeout: 60_000 }, async () => {
    const path = newPath()
    const record = `${path}.record`
    for (const answers of [1, 200, 5000, 20_000]) {
      const child = start(RECORD, [path, record])
      let seen = 0
      child.stdout.on('data', (chunk: Buffer) => {
        seen += chunk.length
        if (seen >= answers) child.kill('SIGKILL')
      })
      await once(child, 'close')

      const recorded = readFileSync(record, 'latin1')
      const asked = recorded.split('?').length - 1
      const admitted = recorded.split('!').length - 1
      expect(ask(path, 'PRAGMA integrity_check')).toBe('ok')
      const store = new SqliteStore({ path })
      const [verdict] = await store.peek([{ key: 'shared', limit: parseLimit('10000000 per hour'), cost: 0 }])
      await store.close()
      const spent = verdict!.limit - verdict!.remaining
      expect(admitted).toBeGreaterThanOrEqual(answers)
      expect(spent).toBeGreaterThanOrEqual(admitted)
      expect(spent).toBeLessThanOrEqual(asked)
    }
  })
})

describe('a store without options', () => {
  it('keeps its counts in rate-limits.db, in the folder that the process works in', async () => {
    const folder = dirname(newPath())
    expect(await race([start(SPEND, [10], folder)])).toEqual(['10\n'])
    expect(existsSync(join(folder, 'rate-limits.db'))).toBe(true)
  })
})
