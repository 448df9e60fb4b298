import { startExample } from '@rl/test-servers'
import type { Example } from '@rl/test-servers'
import { afterAll, beforeAll, expect, it } from 'vitest'

let example: Example

beforeAll(async () => {
  example = await startExample(new URL('server.ts', import.meta.url))
})

afterAll(() => example.stop())

interface Attempt {
  readonly from: string
  readonly account?: unknown
  readonly password?: unknown
}

/** As the proxy in front would pass it on. */
async function login({ from, account, password = 'guess' }: Attempt): Promise<Response> {
  const headers = { 'Content-Type': 'application/json', 'X-Forwarded-For': from }
  return fetch(`${example.origin}/login`, { method: 'POST', headers, body: JSON.stringify({ account, password }) })
}

async function loginAll(attempts: readonly Attempt[]): Promise<number[]> {
  const answers = await Promise.all(attempts.map((attempt) => login(attempt)))
  return answers.map(({ status }) => status).toSorted((a, b) => a - b)
}

function times(count: number, status: number): number[] {
  return Array.from({ length: count }, () => status)
}

it('lets one address fail five times, whatever accounts it tries, also when all guesses are sent at once', async () => {
  const guesses = Array.from({ length: 20 }, (_, i) => ({ from: '203.0.113.1', account: `account-${i}` }))
  expect(await loginAll(guesses)).toEqual([...times(5, 401), ...times(15, 429)])
  expect(await loginAll([{ from: '203.0.113.2', account: 'account-0' }])).toEqual([401])
})

it('lets a botnet guess ten times at one account, however that is spelt, and says when to come back', async () => {
  const spellings = ['bob@example.com', 'BOB@example.com', ' bob@example.com ', 'ｂｏｂ@example.com']
  const guesses = Array.from({ length: 40 }, (_, i) => ({ from: `198.51.100.${i}`, account: spellings[i % 4] }))
  expect(await loginAll(guesses)).toEqual([...times(10, 401), ...times(30, 429)])

  const denied = await login({ from: '203.0.113.3', account: 'bob@example.com' })
  expect(denied.status).toBe(429)
  expect(Number(denied.headers.get('Retry-After'))).toBeGreaterThan(0)
  expect(await denied.json()).toMatchObject({
    detail: 'Too many attempts. Try again later.',
    'violated-policies': ['account'],
  })
  // What the account's limit has denied is not held against the address.
  expect(await loginAll(Array.from({ length: 5 }, () => ({ from: '203.0.113.3', account: 'carol' })))).toEqual(
    times(5, 401),
  )
})

it('charges nothing to who logs in', async () => {
  for (let i = 0; i < 12; i++) {
    const answer = await login({ from: '203.0.113.4', account: 'ada@example.com', password: 'correct horse' })
    expect(answer.status).toBe(200)
  }
})

it('answers alike whether an account exists or not', async () => {
  const [existing, missing] = await Promise.all(
    ['ada@example.com', 'nobody@example.com'].map(async (account, who) => {
      const answers = []
      for (let i = 0; i < 12; i++) {
        const answer = await login({ from: `192.0.2.${100 * who + i}`, account })
        const { retryAfterMs: _, ...body } = (await answer.json()) as Record<string, unknown>
        answers.push({
          status: answer.status,
          body,
          fields: [...answer.headers.keys()],
          remaining: answer.headers.get('X-RateLimit-Remaining'),
        })
      }
      return answers
    }),
  )
  expect(existing).toEqual(missing)
  expect(existing!.map(({ status }) => status)).toEqual([...times(10, 401), ...times(2, 429)])
})

it('counts what is no login as a failure', async () => {
  const junk: Attempt[] = [undefined, null, 7, ['ada@example.com'], { $gt: '' }].map((account) => ({
    from: '203.0.113.5',
    account,
    password: account,
  }))
  expect(await loginAll(junk)).toEqual(times(5, 401))
  expect(await loginAll([{ from: '203.0.113.5', account: 'ada@example.com', password: 'correct horse' }])).toEqual([
    429,
  ])
})
