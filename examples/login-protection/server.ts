import { createHash } from 'node:crypto'

import { rateLimit } from '@rl/adapter-express'
import express from 'express'
import type { Request } from 'express'

import { isPasswordOf } from './accounts.ts'

const app = express()
app.set('trust proxy', 'loopback') // nginx on this machine; other cases: ../behind-a-proxy

const loginLimit = rateLimit({
  count: 'failures', // who logs in has spent nothing; guesses sent all at once are counted before any is answered
  ip: 'unlimited', // the two limits below are all that a login is held to
  tiers: {},
  endpoints: {
    'POST /login': [
      { name: 'address', rate: '5 per 5 minutes', algorithm: 'sliding-window', per: 'ip' },
      { name: 'account', rate: '10 per hour', algorithm: 'sliding-window', per: 'user' },
    ],
  },
  identify: (request) => ({ userId: keyOf(typedIn(request).account) }),
  message: 'Too many attempts. Try again later.',
})

app.post('/login', express.json(), loginLimit, async (request, response) => {
  const { account, password } = typedIn(request)
  if (await isPasswordOf(account, password)) response.json({ message: 'Welcome.' })
  else response.status(401).json({ message: 'Wrong account or password.' })
})

/** What somebody has typed in, or sent in its place. In one spelling, so that another is not another account. */
function typedIn({ body }: Request): { readonly account: string; readonly password: string } {
  const { account, password } = (body ?? {}) as Record<string, unknown>
  return {
    account: typeof account === 'string' ? account.normalize('NFKC').trim().toLowerCase() : '',
    password: typeof password === 'string' ? password : '',
  }
}

/** The store has no need to know whose e-mail addresses are tried. */
function keyOf(account: string): string {
  return createHash('sha256').update(account).digest('base64url')
}

const { PORT = '3000' } = process.env
app.listen(Number(PORT), '127.0.0.1', () => console.log(`Listening on http://127.0.0.1:${PORT}`))
