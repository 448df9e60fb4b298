// Makes calls until it is told to stop, 16 at a time. Says so once the file was found to be another and calls are
// answered again, and at the end how many were admitted by that other file.
import { parseLimit, StoreError } from '@rl/core'

import { SqliteStore } from './sqlite-store.ts'

const path = process.argv[2]!
const charges = [{ key: 'shared', limit: parseLimit('1000000 per hour'), cost: 1 }]
const store = new SqliteStore({ path })
let hasMoved = false
let admitted = 0

process.stdin.resume()
await store.ping()
process.stdout.write('ready\n')
await Promise.all(
  Array.from({ length: 16 }, async () => {
    while (!process.stdin.readableEnded) {
      try {
        await store.consume(charges)
        admitted += 1
        if (hasMoved && admitted === 100) process.stdout.write('followed\n')
      } catch (error) {
        if (!(error instanceof StoreError && error.code === 'RL_STORE_MOVED')) throw error
        hasMoved = true
        admitted = 0
      }
    }
  }),
)
await store.close()
process.stdout.write(`${admitted}\n`)
