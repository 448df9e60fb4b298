import { startExample } from '@rl/test-servers'
import type { Example } from '@rl/test-servers'
import { afterEach, beforeEach, expect, it } from 'vitest'

const MB = 1_000_000

let example: Example

beforeEach(async () => {
  example = await startExample(new URL('server.ts', import.meta.url))
})

afterEach(() => example.stop())

async function upload(size: number): Promise<Response> {
  return fetch(`${example.origin}/upload`, { method: 'POST', body: new Uint8Array(size) })
}

/** Without saying its length beforehand. */
async function uploadChunked(size: number): Promise<Response> {
  const body = new Blob([new Uint8Array(size)]).stream()
  return fetch(`${example.origin}/upload`, { method: 'POST', body, duplex: 'half' })
}

it('admits what the bucket holds, by bytes, and says when to come back with the next', async () => {
  const answer = await upload(4 * MB)
  expect(await answer.json()).toEqual({ byteLength: 4 * MB })
  expect(answer.headers.get('RateLimit-Policy')).toBe('"POST /upload";q=100000000;qu="content-bytes";w=3600')
  expect((await upload(4 * MB)).status).toBe(200)

  // Two are left, and two more take 72 s.
  const denied = await upload(4 * MB)
  expect(denied.status).toBe(429)
  expect(Number(denied.headers.get('Retry-After'))).toBeGreaterThan(0)
  expect(Number(denied.headers.get('Retry-After'))).toBeLessThanOrEqual(72)
  expect((await upload(2 * MB)).status).toBe(200)
})

it('reserves the most for an upload of unknown length, and gives back what it did not need', async () => {
  for (let i = 0; i < 6; i++) {
    const answer = await uploadChunked(MB)
    expect(await answer.json()).toEqual({ byteLength: MB })
  }
  expect((await uploadChunked(MB)).status).toBe(200)
  // Three are left, which may not be enough for a fourth that does not say.
  expect((await uploadChunked(MB)).status).toBe(429)
  expect((await upload(MB)).status).toBe(200)
})

it('refuses an upload that is too large, whether it says so or not', async () => {
  expect((await upload(4 * MB + 1)).status).toBe(413)
  expect((await uploadChunked(5 * MB)).status).toBe(413)
})
