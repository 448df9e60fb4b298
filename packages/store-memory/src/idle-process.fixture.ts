// A process that holds keys for an hour and has nothing else to do: it must end at once.
import { MemoryStore } from './memory-store.ts'

new MemoryStore().consume([{ key: 'a', limit: { algorithm: 'fixed-window', quota: 1, windowMs: 3_600_000 }, cost: 1 }])
process.stdout.write('done\n')
