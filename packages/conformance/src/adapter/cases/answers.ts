import assert from 'node:assert/strict'

import type { AdapterCase } from '../adapter-case.ts'
import { limitFields } from '../client.ts'

/** Whose answer it is: the app's as it is, or a denial that programs can read. */
export const answerCases = {
  'denies with a problem that is not to be kept': async ({ open }) => {
    const client = await open({ ip: '1 per minute' })
    const [, denied] = await client.askTimes(2, '/app/hello')
    const { status, headers, body } = denied!
    assert.equal(status, 429)
    assert.match(String(headers['content-type']), /^application\/problem\+json(?:;|$)/)
    assert.equal(headers['cache-control'], 'no-store')
    assert.equal(headers['x-app'], undefined, 'The app has been asked')
    const problem = JSON.parse(body) as Record<string, unknown>
    assert.equal(problem['type'], 'https://iana.org/assignments/http-problem-types#quota-exceeded')
    assert.deepEqual([problem['status'], problem['violated-policies']], [429, ['ip']])
  },

  'sends the forms of header fields that it is told to': async ({ open }) => {
    const client = await open({ ip: ['5 per minute', '9 per hour'], headers: ['draft-11'] })
    const answer = await client.ask('/app/hello')
    const { headers } = answer
    assert.deepEqual(limitFields(answer), [undefined, undefined, undefined])
    assert.equal(headers['ratelimit-policy'], '"ip per minute";q=5;w=60, "ip per hour";q=9;w=3600')
    assert.equal(headers['ratelimit'], '"ip per minute";r=4;t=60, "ip per hour";r=8;t=3600')
  },

  'sends no fields, and no time to wait, where it is told to send none': async ({ open }) => {
    const [, denied] = await (await open({ ip: '1 per minute', headers: [] })).askTimes(2, '/app/hello')
    assert.equal(denied!.status, 429)
    const sent = Object.keys(denied!.headers).filter((name) => /ratelimit|retry-after/.test(name))
    assert.deepEqual(sent, [])
  },

  'answers a client that prefers plain text in plain text': async ({ open }) => {
    const client = await open({ ip: '0 per minute' })
    const { headers, body } = await client.ask('/app/hello', { headers: { accept: 'text/plain' } })
    assert.match(String(headers['content-type']), /^text\/plain/)
    assert.doesNotMatch(body, /[{}]/)
  },

  'counts failures only, if told to, and takes a client that goes away for one': async ({ open }) => {
    const client = await open({ ip: '10 per minute', count: 'failures' })
    const remaining = async (): Promise<unknown> =>
      (await client.ask('/app/hello', { headers: { 'x-cost': '0' } })).headers['x-ratelimit-remaining']
    const go = client.begin('/app/hang')
    while ((await remaining()) !== '9') continue
    go()
    await client.ask('/app/hello')
    await client.ask('/app/status/404')
    await client.ask('/app/error')
    await client.ask('/app/status/302')
    while ((await remaining()) !== '7') continue
  },

  'counts successes only, if told to, and takes a client that goes away for none': async ({ open }) => {
    const client = await open({ ip: '10 per minute', count: 'successes' })
    const remaining = async (): Promise<unknown> =>
      (await client.ask('/app/hello', { headers: { 'x-cost': '0' } })).headers['x-ratelimit-remaining']
    const go = client.begin('/app/hang')
    while ((await remaining()) !== '9') continue
    go()
    while ((await remaining()) !== '10') continue
    for (const path of ['/app/hello', '/app/status/404', '/app/error', '/app/status/302']) await client.ask(path)
    while ((await remaining()) !== '8') continue
  },

  'leaves the own answers of the app as they are': async ({ open }) => {
    const client = await open({ ip: '100 per minute' })
    for (const expected of [200, 201, 418, 503]) {
      const { status, headers, body } = await client.ask(`/app/status/${expected}`)
      assert.deepEqual([status, headers['x-app'], body], [expected, 'yes', 'hello'])
      assert.equal(headers['cache-control'], undefined)
    }
  },

  'leaves fields as they are that the app sets itself': async ({ open }) => {
    const { headers } = await (await open({ ip: '100 per minute' })).ask('/app/fields')
    assert.deepEqual([headers['x-ratelimit-limit'], headers['ratelimit']], ['7', '"own";r=7;t=7'])
    assert.equal(headers['x-ratelimit-remaining'], '99')
  },

  'leaves the own errors of the app to its error handler': async ({ open }) => {
    const answer = await (await open({ ip: '100 per minute' })).ask('/app/error')
    assert.deepEqual(
      [answer.status, answer.headers['x-error'], answer.body],
      [500, 'the own error of the app', 'error'],
    )
    assert.deepEqual(limitFields(answer), ['100', '99', '60'])
  },

  'hands the decision to the handler': async ({ open }) => {
    const { body } = await (await open({ ip: '100 per minute' })).ask('/app/decision?a=b')
    const { allowed, policy, limit, remaining } = JSON.parse(body) as Record<string, unknown>
    assert.deepEqual([allowed, policy, limit, remaining], [true, 'ip', 100, 99])
  },

  'survives clients that go away': async ({ open }) => {
    const client = await open({ ip: '10 per minute' })
    const leave = [1, 2, 3].map(() => client.begin('/app/hang'))
    const remaining = async (): Promise<unknown> =>
      (await client.ask('/app/hello', { headers: { 'x-cost': '0' } })).headers['x-ratelimit-remaining']
    while ((await remaining()) !== '7') continue
    for (const go of leave) go()
    assert.deepEqual(
      (await client.askTimes(8, '/app/hello')).map(({ status }) => status),
      [200, 200, 200, 200, 200, 200, 200, 429],
    )
  },
} satisfies Record<string, AdapterCase>
