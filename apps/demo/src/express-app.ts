import type { RequestListener } from 'node:http'

import { rateLimit } from '@rl/adapter-express'
import type { DosGuard } from '@rl/core'
import express from 'express'

import { answers } from './answers.ts'
import type { DemoLimiter } from './create-limiter.ts'
import { userOf } from './plans.ts'
import { TRUSTED_PROXIES } from './trusted-proxies.ts'

/** The demo's API on Express. */
export async function expressApp(limiter: DemoLimiter, dos: DosGuard): Promise<RequestListener> {
  const app = express()
  app.disable('x-powered-by')
  app.set('trust proxy', TRUSTED_PROXIES)

  app.use(rateLimit({ limiter, dos, identify: (request) => userOf(request.get('x-api-key')) }))

  app.get('/api/data', (request, response) => void response.json(answers.data(request.rateLimit)))
  app.all('/api/upload', (_request, response) => void response.json(answers.upload()))
  app.post('/api/auth/login', (_request, response) => void response.status(401).json(answers.login()))
  app.get('/api/search', (request, response) => void response.json(answers.search(request.query['q'])))

  return app
}
