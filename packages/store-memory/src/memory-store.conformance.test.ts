import { storeConformance } from '@rl/conformance'

import { MemoryStore } from './memory-store.ts'

storeConformance('the memory store', ({ clock }) => new MemoryStore({ clock }))
