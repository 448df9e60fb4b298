import { rateLimit } from '@rl/adapter-express'
import express from 'express'

import { clientOfCloudflare } from './cloudflare.ts'

const { CDN, PORT = '3000' } = process.env

const app = express()
app.set('trust proxy', 'loopback') // where nginx runs: on this machine; elsewhere, its address
app.use(
  rateLimit({
    ip: '5 per minute',
    identify: (request) =>
      CDN === 'cloudflare' ? clientOfCloudflare(request.ip, request.get('cf-connecting-ip')) : undefined,
  }),
)
app.get('/', (_request, response) => void response.send('hello'))
app.listen(Number(PORT), '127.0.0.1', () => console.log(`Listening on http://127.0.0.1:${PORT}`))
