// Once it is told to, makes calls for so many milliseconds, as many as it can. Says how many, and the longest wait for one.
import { text } from 'node:stream/consumers'

import { parseLimit } from '@rl/core'

import { SqliteStore } from './sqlite-store.ts'

const durationMs = Number(process.argv[2])
const path = process.argv[3]!
const limit = parseLimit('1000 per hour')
const store = new SqliteStore({ path })
let calls = 0
let longestMs = 0

process.stdout.write('ready\n')
await text(process.stdin)
const end = performance.now() + durationMs
await Promise.all(
  Array.from({ length: 64 }, async () => {
    for (let start = performance.now(); start < end;) {
      await store.consume([{ key: `user:${(calls += 1) % 5000}`, limit, cost: 1 }])
      const answered = performance.now()
      longestMs = Math.max(longestMs, answered - start)
      start = answered
    }
  }),
)
await store.close()
process.stdout.write(`${JSON.stringify({ calls, longestMs })}\n`)
