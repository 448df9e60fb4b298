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

  'refuses an address that is none with 400': async ({ open }) => {
    const client = await open({ ip: '9 per minute', trustProxy: true })
    for (const address of ['unknown', '192.0.2.1:8080']) {
      const { status, headers, body } = await client.ask('/app/hello', { headers: { 'x-forwarded-for': address } })
      assert.deepEqual([status, headers['cache-control'], headers['x-app']], [400, 'no-store', undefined])
      assert.equal((JSON.parse(body) as { status: unknown }).status, 400)
    }
  },

  'lets in who is on the allow list, and denies with 403 who is on the deny list': async ({ open }) => {
    const client = await open({
      ip: '0 per minute',
      allow: ['192.0.2.0/28', 'user:friend'],
      deny: ['192.0.2.0/24', '2001:db8::/32', 'user:foe'],
      trustProxy: true,
    })
    const ask = async (address: string, user?: string) => {
      const answer = await client.ask('/app/hello', {
        headers: { 'x-forwarded-for': address, ...(user !== undefined && { 'x-user': user }) },
      })
      return [answer.status, answer.headers['x-app'], answer.headers['cache-control'], ...limitFields(answer)]
    }
    const admitted = [200, 'yes', undefined, ...NO_FIELDS]
    const denied = [403, undefined, 'no-store', ...NO_FIELDS]
    assert.deepEqual(await ask('192.0.2.15'), admitted)
    assert.deepEqual(await ask('192.0.2.16'), denied)
    assert.deepEqual(await ask('2001:db8::1'), denied)
    assert.deepEqual(await ask('2001:db8::1', 'friend'), admitted)
    assert.deepEqual(await ask('198.51.100.1', 'foe'), denied)
    assert.equal((await ask('198.51.100.1'))[0], 429)
  },

  'warns once of a proxy that is not trusted': async ({ open }) => {
    const forwarded = { headers: { 'x-forwarded-for': '192.0.2.1', accept: 'text/plain' } }
    const logged = async (trustProxy: boolean) =>
      (await (await open({ ip: '0 per minute', tellsLog: true, trustProxy })).askTimes(3, '/app/hello', forwarded)).map(
        ({ body }) => body,
      )
    assert.deepEqual(await logged(false), ['proxy_not_trusted', 'proxy_not_trusted', 'proxy_not_trusted'])
    assert.deepEqual(await logged(true), ['', '', ''])
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

  'tells what a limit in shadow mode would have decided, and denies nobody for it': async ({ open }) => {
    const client = await open({
      ip: ['5 per minute', { rate: '1 per hour', mode: 'shadow', name: 'next' }],
      headers: ['draft-11'],
    })
    const answers = await client.askTimes(2, '/app/decision')
    const seen = answers.map(({ status, headers, body }) => {
      assert.equal(status, 200)
      const { shadows } = JSON.parse(body) as { shadows: readonly { name: string; allowed: boolean }[] }
      return [headers['ratelimit-policy'], shadows.map(({ name, allowed }) => [name, allowed])]
    })
    assert.deepEqual(seen, [
      ['"ip";q=5;w=60', [['next', true]]],
      ['"ip";q=5;w=60', [['next', false]]],
    ])
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
