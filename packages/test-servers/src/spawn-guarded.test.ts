import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { describe, expect, it } from 'vitest'
import { isReachable } from './is-reachable.fixture.ts'
import { spawnGuarded } from './spawn-guarded.ts'
import type { Told } from './spawn-guarded.fixture.ts'
import { waitUntil } from './wait-until.ts'

const fixture = new URL('spawn-guarded.fixture.ts', import.meta.url)

async function toldBy(starter: ChildProcess | Worker): Promise<Told> {
  const [told] = (await once(starter, 'message')) as [Told]
  expect(await isReachable(told.port)).toBe(true)
  expect(existsSync(told.folder)).toBe(true)
  return told
}

async function everythingIsGone({ port, folder }: Told): Promise<void> {
  await waitUntil('the server has ended', async () => !(await isReachable(port)))
  await waitUntil('its folder is removed', async () => !existsSync(folder))
}

describe('a server whose starter does not stop it', () => {
  const startInProcess = (): ChildProcess =>
    fork(fixture, { execArgv: [], stdio: ['ignore', 'ignore', 'ignore', 'ipc'] })

  it.each(['SIGKILL', 'SIGTERM'] as const)('ends when the process gets %s', async (signal) => {
    const starter = startInProcess()
    const told = await toldBy(starter)
    starter.kill(signal)
    await everythingIsGone(told)
  })

  it('ends when the process crashes', async () => {
    const starter = startInProcess()
    const told = await toldBy(starter)
    starter.send('crash')
    await everythingIsGone(told)
  })

  it('does not keep the process from ending', async () => {
    const starter = startInProcess()
    const told = await toldBy(starter)
    starter.disconnect()
    await everythingIsGone(told)
    expect(starter.exitCode ?? (await once(starter, 'exit'))[0]).toBe(0)
  })

  it('ends even if it is stopped by SIGSTOP', async () => {
    const starter = startInProcess()
    const told = await toldBy(starter)
    process.kill(told.pid, 'SIGSTOP')
    starter.kill('SIGKILL')
    await everythingIsGone(told)
  })

  it('ends when the worker thread is terminated', async () => {
    const starter = new Worker(fixture, { execArgv: [] })
    const told = await toldBy(starter)
    await starter.terminate()
    await everythingIsGone(told)
  })
})

describe('a guarded process', () => {
  it('has the pid that it knows itself by, and leaves nothing when it ends', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'rl-test-'))
    try {
      const child = spawnGuarded('sh', ['-c', 'echo $$; echo >&2 oops'], folder)
      await waitUntil('it has ended', async () => !child.running)
      await child.kill('SIGKILL')
      expect(await child.output()).toBe(`${child.pid}\noops\n`)
      expect(existsSync(folder)).toBe(true)
    } finally {
      await rm(folder, { recursive: true })
    }
  })
})
