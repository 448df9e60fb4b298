import { startExample } from '@rl/test-servers'
import type { Example } from '@rl/test-servers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { clientOfCloudflare } from './cloudflare.ts'
import { startCloudflare, startNginx } from './proxies.fixture.ts'
import type { Proxy } from './proxies.fixture.ts'

const EDGE = '172.70.1.1'
/** Of a client of Cloudflare's VPN, who comes from its own networks. */
const VPN = '104.28.1.1'
const QUOTA = 5

/** How many of ten requests are admitted, each of which claims to come from somewhere else. */
async function admitted({ origin }: Proxy): Promise<number> {
  let count = 0
  for (let i = 0; i < 2 * QUOTA; i++) {
    const spoofed = `192.0.2.${i}`
    const headers = { 'X-Forwarded-For': spoofed, 'X-Real-IP': spoofed, 'CF-Connecting-IP': spoofed }
    const { status } = await fetch(origin, { headers })
    expect([200, 429]).toContain(status)
    if (status === 200) count += 1
  }
  return count
}

describe.each(['express', 'fastify', 'hono'])('%s', (framework) => {
  const started: Proxy[] = []
  let behindNginx: Example
  let behindCloudflare: Example

  beforeAll(async () => {
    const file = new URL(`${framework}.ts`, import.meta.url)
    ;[behindNginx, behindCloudflare] = await Promise.all([
      startExample(file),
      startExample(file, { CDN: 'cloudflare' }),
    ])
  })

  afterAll(async () => {
    for (const proxy of started) proxy.stop()
    await Promise.all([behindNginx.stop(), behindCloudflare.stop()])
  })

  async function nginx(target: Example, peer: string): Promise<Proxy> {
    const proxy = await startNginx(target.origin, peer)
    started.push(proxy)
    return proxy
  }

  /** Cloudflare, and nginx to which it connects. */
  async function chain(peer: string): Promise<Proxy> {
    const proxy = await startCloudflare((await nginx(behindCloudflare, EDGE)).origin, peer)
    started.push(proxy)
    return proxy
  }

  it('behind nginx, tells clients apart by their address, and believes none of them another', async () => {
    expect(await admitted(await nginx(behindNginx, '203.0.113.1'))).toBe(QUOTA)
    expect(await admitted(await nginx(behindNginx, '203.0.113.2'))).toBe(QUOTA)
    expect(await admitted(await nginx(behindNginx, EDGE))).toBe(QUOTA)
  })

  it('behind Cloudflare and nginx too, also those of its VPN', async () => {
    expect(await admitted(await chain('203.0.113.1'))).toBe(QUOTA)
    expect(await admitted(await chain('203.0.113.2'))).toBe(QUOTA)
    expect(await admitted(await chain('2001:db8::1'))).toBe(QUOTA)
    expect(await admitted(await chain(VPN))).toBe(QUOTA)
  })

  it('counts who goes past Cloudflare by the address that nginx sees', async () => {
    expect(await admitted(await nginx(behindCloudflare, '203.0.113.9'))).toBe(QUOTA)
  })
})

it('believes CF-Connecting-IP of Cloudflare alone', () => {
  const client = { ip: '203.0.113.1' }
  for (const peer of [EDGE, '173.245.48.0', '2606:4700::1', `::ffff:${EDGE}`]) {
    expect([peer, clientOfCloudflare(peer, client.ip)]).toEqual([peer, client])
  }
  for (const peer of ['203.0.113.9', '173.245.64.0', '2001:db8::1', '', 'unknown', undefined]) {
    expect([peer, clientOfCloudflare(peer, client.ip)]).toEqual([peer, undefined])
  }
  expect(clientOfCloudflare(EDGE, undefined)).toBeUndefined()
})
