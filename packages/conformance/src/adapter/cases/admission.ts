import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'

import type { AdapterCase } from '../adapter-case.ts'
import { limitFields } from '../client.ts'

/** As many requests as the quota, however they come. */
export const admissionCases = {
  'admits the quota, and tells how much is left': async ({ open }) => {
    const answers = await (await open({ ip: '2 per minute' })).askTimes(3, '/app/hello')
    assert.deepEqual(
      answers.map(({ status, body }) => [status, body === 'hello']),
      [
        [200, true],
        [200, true],
        [429, false],
      ],
    )
    assert.deepEqual(
      answers.map((answer) => limitFields(answer).slice(0, 2)),
      [
        ['2', '1'],
        ['2', '0'],
        ['2', '0'],
      ],
    )
    for (const { headers } of answers) assert.match(String(headers['x-ratelimit-reset']), /^(?:[1-9]|[1-5]\d|60)$/)
    const waits = answers.map(({ headers }) => headers['retry-after'])
    assert.deepEqual(waits.slice(0, 2), [undefined, undefined])
    assert.match(String(waits[2]), /^(?:[1-9]|[1-5]\d|60)$/)
  },

  'answers ten requests pipelined on one socket in order, and admits five': async ({ open }) => {
    const client = await open({ ip: '5 per minute' })
    const asked = (more: string): string => `GET /app/hello HTTP/1.1\r\nHost: localhost\r\n${more}\r\n`
    const answers = await client.send(asked('').repeat(9) + asked('Connection: close\r\n'))
    const all = (pattern: RegExp): number[] => [...answers.matchAll(pattern)].map(([, value]) => Number(value))
    assert.deepEqual(all(/HTTP\/1\.1 (\d+)/g), [200, 200, 200, 200, 200, 429, 429, 429, 429, 429])
    assert.deepEqual(all(/^x-ratelimit-remaining: (\d+)/gim), [4, 3, 2, 1, 0, 0, 0, 0, 0, 0])
  },

  'admits exactly 100 of 200 requests at once': async ({ open }) => {
    const client = await open({ ip: '100 per minute' })
    const answers = await client.askAtOnce(200, '/app/hello')
    const count = (wanted: number): number => answers.filter(({ status }) => status === wanted).length
    assert.deepEqual([count(200), count(429)], [100, 100])
  },

  'admits whoever waits as long as it says': async ({ open }) => {
    const client = await open({ ip: '1 per 2 seconds' })
    await client.ask('/app/hello')
    // The wait is no whole number of seconds then, and too short if it is rounded down.
    await sleep(2)
    const denied = await client.ask('/app/hello')
    assert.equal(denied.status, 429)
    const end = Date.now() + Number(denied.headers['retry-after']) * 1000
    // A timer may come a fraction of a millisecond early.
    while (Date.now() < end) await sleep(end - Date.now())
    assert.equal((await client.ask('/app/hello')).status, 200)
  },

  'counts HEAD as GET': async ({ open }) => {
    const client = await open({ endpoints: { 'GET /app/hello': '1 per minute' } })
    const asked = (more: string): string => `HEAD /app/hello HTTP/1.1\r\nHost: localhost\r\n${more}\r\n`
    const answers = await client.send(asked('') + asked('Connection: close\r\n'))
    const [admitted, denied, ...more] = answers.split('\r\n\r\n')
    assert.match(admitted!, /^HTTP\/1\.1 200 /)
    assert.match(denied!, /^HTTP\/1\.1 429 /, 'The answer before it had a body')
    assert.deepEqual(more, [''], 'An answer to HEAD has no body')
  },

  'limits every method': async ({ open }) => {
    const client = await open({ ip: '1 per minute' })
    for (const method of ['OPTIONS', 'POST', 'DELETE']) await client.ask('/app/hello', { method })
    assert.equal((await client.ask('/app/hello', { method: 'OPTIONS' })).status, 429)
  },

  'limits what no route answers': async ({ open }) => {
    const answers = await (await open({ ip: '2 per minute' })).askTimes(3, '/no/such/route')
    assert.deepEqual(
      answers.map(({ status, headers }) => [status, headers['x-ratelimit-remaining']]),
      [
        [404, '1'],
        [404, '0'],
        [429, '0'],
      ],
    )
  },
} satisfies Record<string, AdapterCase>
