import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'

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

  'asks the app nothing where it denies': async ({ open }) => {
    const client = await open({ ip: '1 per minute' })
    const handler = randomUUID()
    const answers = await client.askTimes(3, `/app/visit/${handler}`)
    assert.deepEqual(
      answers.map(({ status }) => status),
      [200, 429, 429],
    )
    const { body } = await client.ask(`/app/visits/${handler}`, { headers: { 'x-skip': 'yes' } })
    assert.equal(body, '1')
  },

  'keeps an attacker out, as a problem of its own, and asks the app nothing': async ({ open }) => {
    const client = await open({ ip: '1000 per minute', dos: { threshold: 2, ban: { jitter: 0 } } })
    const answers = await client.askTimes(4, '/app/hello')
    assert.deepEqual(
      answers.map(({ status, headers }) => [status, headers['x-app']]),
      [
        [200, 'yes'],
        [200, 'yes'],
        [429, undefined],
        [429, undefined],
      ],
    )
    const { headers, body } = answers[2]!
    assert.match(body, /#abnormal-usage-detected"/)
    assert.deepEqual([headers['cache-control'], headers['retry-after']], ['no-store', '60'])
  },

  'answers a denial in the type that the client likes best': async ({ open }) => {
    const client = await open({ ip: '0 per minute' })
    const bodyFor = async (accept: string) => {
      const { headers, body } = await client.ask('/app/hello', { headers: { accept } })
      const isProblem = body.startsWith('{') && (JSON.parse(body) as { status: unknown }).status === 429
      return [headers['content-type']?.split(';')[0], isProblem]
    }
    assert.deepEqual(await bodyFor('text/plain'), ['text/plain', false])
    assert.deepEqual(await bodyFor('text/*;q=0.1, application/json'), ['application/json', true])
    assert.deepEqual(await bodyFor('*/*'), ['application/problem+json', true])
    assert.deepEqual(await bodyFor('image/png'), ['application/problem+json', true])
  },

  'counts failures only, if told to, and takes a client that goes away for one': async ({ open }) => {
    const client = await open({ ip: '20 per minute', count: 'failures' })
    const go = client.begin('/app/hang')
    await client.untilLeft(19)
    go()
    await client.ask('/app/status/404')
    await client.ask('/app/error')
    // What is about to be given back must not look like what stays spent.
    for (const path of ['/app/hello', '/app/status/302']) await client.ask(path, { headers: { 'x-cost': '4' } })
    await client.untilLeft(17)
  },

  'counts successes only, if told to, and takes a client that goes away for none': async ({ open }) => {
    const client = await open({ ip: '20 per minute', count: 'successes' })
    const go = client.begin('/app/hang')
    await client.untilLeft(19)
    go()
    await client.untilLeft(20)
    for (const path of ['/app/hello', '/app/status/302']) await client.ask(path)
    for (const path of ['/app/status/404', '/app/error']) await client.ask(path, { headers: { 'x-cost': '4' } })
    await client.untilLeft(18)
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
    const { allowed, policy, limit, remaining } = (JSON.parse(body) ?? {}) as Record<string, unknown>
    assert.deepEqual([allowed, policy, limit, remaining], [true, 'ip', 100, 99])
  },

  'hands every handler its own decision': async ({ open }) => {
    const client = await open({ ip: '20 per minute' })
    const answers = await client.askAtOnce(20, '/app/decision')
    const left = answers.map(({ body }) => (JSON.parse(body) as { remaining: number }).remaining)
    assert.deepEqual(
      left.toSorted((a, b) => a - b),
      Array.from({ length: 20 }, (_, i) => i),
    )
  },

  'gives back what a handler says has not been spent': async ({ open }) => {
    const client = await open({ ip: '10 per minute' })
    const { status } = await client.ask('/app/settle/2', { headers: { 'x-cost': '7' } })
    assert.equal(status, 200)
    await client.untilLeft(8)
  },

  'survives clients that go away': async ({ open }) => {
    const client = await open({ ip: '10 per minute' })
    const leave = [1, 2, 3].map(() => client.begin('/app/hang'))
    await client.untilLeft(7)
    for (const go of leave) go()
    assert.deepEqual(
      (await client.askTimes(8, '/app/hello')).map(({ status }) => status),
      [200, 200, 200, 200, 200, 200, 200, 429],
    )
  },
} satisfies Record<string, AdapterCase>
