import { rateLimit } from '@rl/adapter-hono'
import type { AdapterConfig } from '@rl/conformance'
import { adapterOptions, respond, respondToError } from '@rl/conformance/app'
import type { AppAnswer } from '@rl/conformance/app'
import type { Store } from '@rl/core'
import { Hono } from 'hono'
import type { Context } from 'hono'
import type { GetConnInfo } from 'hono/conninfo'

/** The app of the adapter's conformance suite on Hono, for any runtime. It has the adapter as its users have it, by name. */
export function conformanceApp(
  { trustProxy = false, ...config }: AdapterConfig,
  getConnInfo: GetConnInfo,
  more: { readonly store?: Store } = {},
) {
  const options = adapterOptions<Context>(config, (c, name) => c.req.header(name))
  const forwarded: GetConnInfo = (c) => ({ remote: { address: c.req.header('x-forwarded-for') ?? '127.0.0.1' } })
  const send = ({ status, headers, body }: AppAnswer): Response => new Response(body, { status, headers })
  return new Hono()
    .use(rateLimit({ ...more, ...options, getConnInfo: trustProxy ? forwarded : getConnInfo }))
    .all('/app/*', async (c) => send(await respond(c.req.path, c.var.rateLimit)))
    .onError((error) => send(respondToError(error)))
}
