import { startExample } from '@rl/test-servers'
import type { Example } from '@rl/test-servers'
import { afterAll, beforeAll, expect, it } from 'vitest'

let example: Example

beforeAll(async () => {
  example = await startExample(new URL('server.ts', import.meta.url))
})

afterAll(() => example.stop())

async function ask(apiKey?: string): Promise<Response> {
  return fetch(example.origin, { headers: apiKey === undefined ? {} : { 'X-API-Key': apiKey } })
}

/** How many of so many requests, sent at once, were admitted. */
async function admitted(count: number, apiKey: (i: number) => string | undefined): Promise<number> {
  const answers = await Promise.all(Array.from({ length: count }, (_, i) => ask(apiKey(i))))
  return answers.filter(({ status }) => status === 200).length
}

it.each([
  ['key-of-pia', 'premium', '"premium";q=300;w=60'],
  ['key-of-eli', 'enterprise', '"enterprise";q=1000;w=60'],
  ['key-of-pat', 'partner', '"partner per second";q=50;w=1, "partner per minute";q=2000;w=60'],
  ['key-of-ann', 'admin', null],
  ['key-of-old', 'free', '"free";q=60;w=60'],
])('holds the user of %s to what the plan %s says', async (apiKey, tier, policy) => {
  const answer = await ask(apiKey)
  expect(await answer.json()).toMatchObject({ tier })
  expect(answer.headers.get('RateLimit-Policy')).toBe(policy)
})

it('admits the quota of a plan and no more, and says when to come back', async () => {
  expect(await admitted(70, () => 'key-of-fay')).toBe(60)
  const denied = await ask('key-of-fay')
  expect(denied.status).toBe(429)
  expect(Number(denied.headers.get('Retry-After'))).toBeGreaterThan(0)
  expect(await admitted(70, () => 'key-of-pia')).toBe(70)
})

it('holds administrators to nothing', async () => {
  expect(await admitted(200, () => 'key-of-ann')).toBe(200)
})

it('holds callers without a key to their address, and those with keys that nobody has', async () => {
  expect(await admitted(40, (i) => (i % 2 === 0 ? undefined : `made-up-${i}`))).toBe(30)
})
