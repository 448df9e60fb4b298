import { expect, it } from 'vitest'
import { startSentinel } from './start-sentinel.ts'
import { waitUntil } from './wait-until.ts'

it.each([1, 3] as const)('promotes the replica of a dead master, sentinels: %i', { timeout: 20_000 }, async (count) => {
  const sentinel = await startSentinel({ sentinels: count })
  try {
    expect(sentinel.sentinels).toHaveLength(count)
    expect(await sentinel.masterPort()).toBe(sentinel.master.port)
    await sentinel.master.kill('SIGKILL')
    await waitUntil('it is promoted', async () => (await sentinel.masterPort()) === sentinel.replica.port)
    expect(await sentinel.replica.cli('SET', 'key', 'value')).toBe('OK')
  } finally {
    await sentinel.stop()
  }
})
