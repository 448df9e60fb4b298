import { serve } from '@hono/node-server'
import type { HttpBindings } from '@hono/node-server'
import { rateLimit } from '@rl/adapter-hono'
import { Hono } from 'hono'
import type { Context } from 'hono'
import proxyAddr from 'proxy-addr'

import { clientOfCloudflare } from './cloudflare.ts'

const { CDN, PORT = '3000' } = process.env

const app = new Hono()
app.use(
  rateLimit({
    getConnInfo: (c) => ({ remote: { address: addressOf(c) } }),
    ip: '5 per minute',
    identify: (c) =>
      CDN === 'cloudflare' ? clientOfCloudflare(addressOf(c), c.req.header('cf-connecting-ip')) : undefined,
  }),
)
app.get('/', (c) => c.text('hello'))

/** Hono itself knows no proxies: Express finds the address by this package too. */
function addressOf(c: Context): string {
  const { incoming } = c.env as HttpBindings
  return proxyAddr(incoming, 'loopback') // where nginx runs: on this machine; elsewhere, its address
}

serve({ fetch: app.fetch, port: Number(PORT), hostname: '127.0.0.1' }, () =>
  console.log(`Listening on http://127.0.0.1:${PORT}`),
)
