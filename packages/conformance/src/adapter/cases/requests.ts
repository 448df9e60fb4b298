import assert from 'node:assert/strict'

import type { AdapterCase } from '../adapter-case.ts'
import { limitFields } from '../client.ts'

const NO_FIELDS = [undefined, undefined, undefined]

/** Who is asking, for what, at which cost. */
export const requestCases = {
  'takes no address from fields that anybody can write': async ({ open }) => {
    const client = await open({ ip: '1 per minute' })
    const spoofed = (i: number) => ({
      headers: { 'x-forwarded-for': `192.0.2.${i}`, 'x-real-ip': `192.0.2.${i}`, forwarded: `for=192.0.2.${i}` },
    })
    const answers = [await client.ask('/app/hello', spoofed(1)), await client.ask('/app/hello', spoofed(2))]
    assert.deepEqual(
      answers.map(({ status }) => status),
      [200, 429],
    )
  },

  'takes the address from the proxy that is trusted': async ({ open }) => {
    const client = await open({ ip: '1 per minute', trustProxy: true })
    const statuses = []
    for (const i of [1, 2, 1]) {
      statuses.push((await client.ask('/app/hello', { headers: { 'x-forwarded-for': `192.0.2.${i}` } })).status)
    }
    assert.deepEqual(statuses, [200, 200, 429])
  },

  'charges what a request costs': async ({ open }) => {
    const client = await open({ ip: '10 per minute' })
    const answers = await client.askTimes(3, '/app/hello', { headers: { 'x-cost': '4' } })
    assert.deepEqual(
      answers.map(({ status, headers }) => [status, headers['x-ratelimit-remaining']]),
      [
        [200, '6'],
        [200, '2'],
        [429, '2'],
      ],
    )
  },

  'lets nothing on whose cost is no number': async ({ open }) => {
    const { status, headers } = await (
      await open({ ip: '10 per minute' })
    ).ask('/app/hello', { headers: { 'x-cost': 'much' } })
    assert.deepEqual([status, headers['x-error'], headers['x-app']], [500, 'RL_INVALID_COST', undefined])
  },

  'skips what it is told to': async ({ open }) => {
    const answer = await (await open({ ip: '0 per minute' })).ask('/app/hello', { headers: { 'x-skip': 'yes' } })
    assert.deepEqual([answer.status, limitFields(answer)], [200, NO_FIELDS])
  },

  'says nothing where nothing limits': async ({ open }) => {
    const client = await open({})
    const answer = await client.ask('/app/hello', { headers: { 'x-user': 'u', 'x-tier': 'admin' } })
    assert.deepEqual([answer.status, limitFields(answer)], [200, NO_FIELDS])
  },

  'spends all limits of a request, or none': async ({ open }) => {
    const client = await open({
      tiers: { free: '10 per minute' },
      endpoints: { '/app/decision': ['3 per minute', '100 per hour'] },
    })
    const ask = async (cost: number) =>
      client.ask('/app/decision', { headers: { 'x-user': 'u', 'x-tier': 'free', 'x-cost': String(cost) } })
    assert.deepEqual([(await ask(2)).status, (await ask(2)).status, (await ask(1)).status], [200, 429, 200])
    for (let i = 0; i < 20; i++) assert.equal((await ask(1)).status, 429)
    const { policies } = JSON.parse((await ask(0)).body) as {
      policies: readonly { readonly limit: number; readonly remaining: number }[]
    }
    const left = new Map(policies.map(({ limit, remaining }) => [limit, remaining]))
    assert.deepEqual([left.get(10), left.get(3), left.get(100)], [7, 0, 97])
  },
} satisfies Record<string, AdapterCase>
