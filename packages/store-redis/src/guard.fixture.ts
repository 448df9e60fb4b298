// A process with a guard of its own on a store that it shares. For each line of input, ADDRESS REQUESTS, it decides so many
// requests, waits until the store has been told and has answered, and prints who is banned.
// Usage: guard.fixture.ts redis URL | sqlite PATH
import { createInterface } from 'node:readline'
import { setImmediate } from 'node:timers/promises'

import { DosGuard } from '@rl/core'
import type { MaybePromise, Store } from '@rl/core'
import { SqliteStore } from '@rl/store-sqlite'
import { Redis } from 'ioredis'

import { RedisStore } from './redis-store.ts'

const [kind, where = ''] = process.argv.slice(2)
const store: Store = kind === 'redis' ? new RedisStore({ client: new Redis(where) }) : new SqliteStore({ path: where })
const underWay = new Set<MaybePromise<unknown>>()

async function counted<T>(answer: MaybePromise<T>): Promise<T> {
  underWay.add(answer)
  try {
    return await answer
  } finally {
    underWay.delete(answer)
  }
}

/** Each answer may lead to one more call, in the turn after it. */
async function settled(): Promise<void> {
  do await setImmediate()
  while (underWay.size > 0)
}

const guard = new DosGuard({
  maxBytes: 65_536,
  ban: { jitter: 0 },
  store: {
    consume: async (charges) => counted(store.consume(charges)),
    peek: async (charges) => counted(store.peek(charges)),
    refund: (charges) => store.refund(charges),
    reset: async (key) => counted(store.reset(key)),
    ping: () => store.ping(),
    close: () => store.close(),
  },
})
guard.on('storeError', ({ error }) => {
  process.stderr.write(String(error))
  process.exit(1)
})

for await (const line of createInterface(process.stdin)) {
  const [address = '', requests] = line.split(' ')
  let attacks = 0
  for (let i = 0; i < Number(requests); i++) if (guard.detectAttack(address)) attacks += 1
  await settled()
  await settled()
  process.stdout.write(`${JSON.stringify({ attacks, bans: guard.bans() })}\n`)
}
process.exit()
