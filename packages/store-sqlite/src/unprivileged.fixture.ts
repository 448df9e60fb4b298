// Works on a file that may not be written at times, as a user whom that stops: nothing stops root.
import { chmodSync, chownSync, copyFileSync, existsSync, renameSync } from 'node:fs'

import { parseLimit, StoreError } from '@rl/core'

import { SqliteStore } from './sqlite-store.ts'

const NOBODY = 65_534
const charges = [{ key: 'user:1', limit: parseLimit('5 per minute'), cost: 1 }]
const path = process.argv[2]!
const copy = `${path}.copy`
const open = () => new SqliteStore({ path, clock: () => 1_700_000_000_000 })

/** Logs are made with the permissions of their file. */
function makeWritable(): void {
  for (const file of [path, `${path}-wal`, `${path}-shm`]) if (existsSync(file)) chmodSync(file, 0o644)
}

async function tell(store: () => SqliteStore): Promise<void> {
  try {
    const [verdict] = await store().consume(charges)
    process.stdout.write(`${verdict!.remaining}\n`)
  } catch (error) {
    if (!(error instanceof StoreError)) throw error
    process.stdout.write(`${error.code}\n`)
  }
}

copyFileSync(path, copy)
// Whatever has to be loaded is loaded while it may be read.
await new SqliteStore({ path: ':memory:' }).close()
if (process.getuid?.() === 0) {
  for (const file of [path, copy]) chownSync(file, NOBODY, NOBODY)
  process.setuid?.(NOBODY)
}

chmodSync(path, 0o444)
await tell(open)
makeWritable()
const store = open()
await tell(() => store)

chmodSync(copy, 0o444)
renameSync(copy, path)
await tell(() => store)
await tell(() => store)
makeWritable()
await tell(() => store)
await store.close()
