// Makes calls for ever, 64 at a time, and records each at once: `?` when it is made, `!` when it was admitted.
import { openSync, writeSync } from 'node:fs'

import { parseLimit } from '@rl/core'

import { SqliteStore } from './sqlite-store.ts'

const [path, recordPath] = process.argv.slice(2)
const record = openSync(recordPath!, 'a')
const charges = [{ key: 'shared', limit: parseLimit('10000000 per hour'), cost: 1 }]
const store = new SqliteStore({ path: path! })

await Promise.all(
  Array.from({ length: 64 }, async () => {
    for (;;) {
      writeSync(record, '?')
      const [verdict] = await store.consume(charges)
      if (verdict!.allowed) writeSync(record, '!')
      process.stdout.write('.')
    }
  }),
)
