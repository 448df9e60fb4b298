import { expect, it } from 'vitest'
import { onFreePort } from './on-free-port.ts'

const taken = Object.assign(new Error('taken'), { code: 'EADDRINUSE' })

it('goes on to another port while one is taken', async () => {
  const tried: number[] = []
  const port = await onFreePort(async (port) => {
    tried.push(port)
    if (tried.length < 4) throw taken
    return port
  })
  expect(tried).toHaveLength(4)
  expect(new Set(tried).size).toBeGreaterThan(1)
  expect(port).toBe(tried[3])
})

it('gives up after twenty ports', async () => {
  let tries = 0
  await expect(
    onFreePort(async () => {
      tries += 1
      throw taken
    }),
  ).rejects.toBe(taken)
  expect(tries).toBe(20)
})

it('gives up at once on any other failure', async () => {
  let tries = 0
  const failure = new Error('something else')
  await expect(
    onFreePort(async () => {
      tries += 1
      throw failure
    }),
  ).rejects.toBe(failure)
  expect(tries).toBe(1)
})
