import assert from 'node:assert/strict'

import { parseDictionary, parseItem, parseList } from 'structured-headers'
import type { ByteSequence } from 'structured-headers'

import type { AdapterCase } from '../adapter-case.ts'
import { limitFields } from '../client.ts'
import type { Answer, Client } from '../client.ts'

const NAMED = ['1 per minute', { rate: '9 per hour', name: String.raw`a "name"\;q=1`, unit: 'pages' }] as const

/** Which fields there are, and what they say to a strict reader. */
export const fieldCases = {
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

  'lists five windows of one rule in order, with exact numbers': async ({ open }) => {
    const ip = ['5 per second', '9 per 10 seconds', '30 per minute', '100 per hour', '200 per day'] as const
    const answer = await (await open({ ip })).ask('/app/hello', { headers: { 'x-cost': '3' } })
    assert.equal(
      answer.headers['ratelimit-policy'],
      '"ip per second";q=5;w=1, "ip per 10 seconds";q=9;w=10, "ip per minute";q=30;w=60, ' +
        '"ip per hour";q=100;w=3600, "ip per day";q=200;w=86400',
    )
    assert.equal(
      answer.headers['ratelimit'],
      '"ip per second";r=2;t=1, "ip per 10 seconds";r=6;t=10, "ip per minute";r=27;t=60, ' +
        '"ip per hour";r=97;t=3600, "ip per day";r=197;t=86400',
    )
    assert.deepEqual(limitFields(answer), ['5', '2', '1'])
  },

  'sends fields that a strict parser reads, admitted or denied': async ({ open }) => {
    const client = await open({
      ip: NAMED,
      headers: ['legacy', 'draft-11'],
      partitionKeySecret: 'at least 16 characters',
    })
    for (const answer of await admittedAndDenied(client)) {
      const [policies, states] = [listIn(answer, 'ratelimit-policy'), listIn(answer, 'ratelimit')]
      assert.deepEqual(
        policies.map(([name, { q, w, qu }]) => [name, q, w, qu]),
        [
          ['ip per minute', 1, 60, undefined],
          [NAMED[1].name, 9, 3600, 'pages'],
        ],
      )
      assert.deepEqual(
        states.map(([name, { r }]) => [name, r]),
        [
          ['ip per minute', 0],
          [NAMED[1].name, 8],
        ],
      )
      const keys = [...policies, ...states].map(([, { pk }]) => (pk as ByteSequence).toBase64())
      assert.deepEqual(keys.slice(2), keys.slice(0, 2))
      if (answer.status === 429) assert.equal(answer.headers['retry-after'], String(states[0]![1]['t']))
    }
  },

  'sends fields in older forms that a strict parser reads, admitted or denied': async ({ open }) => {
    const client = await open({ ip: NAMED, headers: ['legacy', 'draft-6', 'draft-7'] })
    for (const answer of await admittedAndDenied(client)) {
      assert.deepEqual(
        listIn(answer, 'ratelimit-policy').map(([quota, { w }]) => [quota, w]),
        [
          [1, 60],
          [9, 3600],
        ],
      )
      const names = ['limit', 'remaining', 'reset']
      const items = names.map((name) => parseItem(answer.headers[`ratelimit-${name}`] as string)[0])
      const members = parseDictionary(answer.headers['ratelimit'] as string)
      assert.deepEqual(items.slice(0, 2), [1, 0])
      assert.deepEqual(
        [...members],
        names.map((name, i) => [name, [items[i], new Map()]]),
      )
      assert.deepEqual(limitFields(answer), items.map(String))
    }
  },
} satisfies Record<string, AdapterCase>

async function admittedAndDenied(client: Client): Promise<readonly Answer[]> {
  const answers = await client.askTimes(2, '/app/hello')
  assert.deepEqual(
    answers.map(({ status }) => status),
    [200, 429],
  )
  return answers
}

/** The members of a list, each with its parameters. */
function listIn({ headers }: Answer, name: string): (readonly [unknown, Readonly<Record<string, unknown>>])[] {
  return parseList(headers[name] as string).map(([value, parameters]) => [value, Object.fromEntries(parameters)])
}
