// Once it is told to, opens the file and makes so many calls under one limit, 64 at a time. Says how many were admitted.
import { text } from 'node:stream/consumers'

import { parseLimit } from '@rl/core'

import { SqliteStore } from './sqlite-store.ts'

const calls = Number(process.argv[2])
const path = process.argv[3]
const charges = [{ key: 'shared', limit: parseLimit('1000 per hour'), cost: 1 }]
let asked = 0
let admitted = 0

process.stdout.write('ready\n')
await text(process.stdin)
const store = new SqliteStore(path === undefined ? {} : { path })
await Promise.all(
  Array.from({ length: 64 }, async () => {
    while (asked < calls) {
      asked += 1
      const [verdict] = await store.consume(charges)
      if (verdict!.allowed) admitted += 1
    }
  }),
)
await store.close()
process.stdout.write(`${admitted}\n`)
