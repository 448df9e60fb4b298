import { serve } from '@hono/node-server'
import { getConnInfo } from '@hono/node-server/conninfo'
import { rateLimit } from '@rl/adapter-hono'
import { Hono } from 'hono'
import type { Context } from 'hono'
import { bodyLimit } from 'hono/body-limit'

const MB = 1_000_000
const MAX_SIZE = 4 * MB

const app = new Hono()
  .use(
    rateLimit({
      getConnInfo, // behind a proxy: ../behind-a-proxy
      endpoints: {
        'POST /upload': {
          rate: `${100 * MB} per hour`,
          burst: 10 * MB, // at once, by who has not uploaded for a while
          algorithm: 'token-bucket',
          unit: 'content-bytes',
        },
      },
      cost: mostBytes,
      ip: 'unlimited', // it would count bytes too
    }),
  )
  .post('/upload', bodyLimit({ maxSize: MAX_SIZE }), async (c) => {
    const { byteLength } = await c.req.arrayBuffer()
    await c.var.rateLimit?.settle(byteLength) // gives back what was reserved beyond that
    return c.json({ byteLength })
  })

/** The size that the upload says it has, which HTTP holds it to; or the most that it may have, if it does not say. */
function mostBytes(c: Context): number {
  const length = Number(c.req.header('content-length') ?? MAX_SIZE)
  return Math.min(length, MAX_SIZE)
}

const { PORT = '3000' } = process.env
serve({ fetch: app.fetch, port: Number(PORT), hostname: '127.0.0.1' }, () =>
  console.log(`Listening on http://127.0.0.1:${PORT}`),
)
