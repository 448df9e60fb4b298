import { rateLimit } from '@rl/adapter-express'
import type { Store } from '@rl/core'
import express from 'express'
import type { Express } from 'express'

import { userOf } from './plans.ts'

/** The demo's API: every kind of limit, each at a route of its own. */
export function createApp(store: Store): Express {
  const app = express()
  app.disable('x-powered-by')

  app.use(
    rateLimit({
      store,
      ip: '100 per minute',
      endpoints: {
        '/api/upload': { rate: '10 per minute', algorithm: 'token-bucket', burst: 3 },
        'POST /api/auth/login': { rate: '5 per 5 minutes', algorithm: 'sliding-window', per: 'ip' },
        '/api/search': { rate: '100 per hour', algorithm: 'fixed-window' },
      },
      identify: (request) => userOf(request.get('x-api-key')),
    }),
  )

  app.get('/api/data', (request, response) => {
    response.json({ data: 'something worth limiting', plan: request.rateLimit?.tier ?? 'anonymous' })
  })
  app.all('/api/upload', (_request, response) => {
    response.json({ uploaded: true })
  })
  app.post('/api/auth/login', (_request, response) => {
    response.status(401).json({ error: 'wrong password' })
  })
  app.get('/api/search', (request, response) => {
    response.json({ query: request.query['q'] ?? '', results: [] })
  })

  return app
}
