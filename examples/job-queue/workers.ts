import { RateLimiter } from '@rl/core'
import { MemoryStore } from '@rl/store-memory'

import { withinQuota } from './within-quota.ts'

const limiter = new RateLimiter({
  store: new MemoryStore(),
  endpoints: { '/mail': { rate: '10 per second', algorithm: 'sliding-window', per: 'endpoint' } },
})
const jobs = Array.from({ length: 25 }, (_, i) => `mail ${i + 1}`)
const started = Date.now()

async function work(): Promise<void> {
  for (let job = jobs.shift(); job !== undefined; job = jobs.shift()) {
    const mail = job
    await withinQuota(limiter, '/mail', async () => send(mail))
  }
}

/** In the place of a call to somebody's API. */
async function send(mail: string): Promise<void> {
  console.log(`${Date.now() - started} ms: ${mail}`)
}

await Promise.all([work(), work(), work(), work()])
