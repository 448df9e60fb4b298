import type { Charge, Store } from '@rl/core'
import { MemoryStore } from '@rl/store-memory'
import { getConnInfo } from 'hono/cloudflare-workers'

import { conformanceApp } from './conformance-app.fixture.ts'
import { DurableObject, env } from './workers.fixture.ts'

export class Counts extends DurableObject {
  readonly #store = new MemoryStore()
  consume(charges: readonly Charge[]) {
    return this.#store.consume(charges)
  }
  peek(charges: readonly Charge[]) {
    return this.#store.peek(charges)
  }
  refund(charges: readonly Charge[]) {
    return this.#store.refund(charges)
  }
  reset(key: string) {
    return this.#store.reset(key)
  }
  ping() {
    return this.#store.ping()
  }
}

const counts = (): Store => env.COUNTS.getByName('counts')
const store: Store = {
  consume: (charges) => counts().consume(charges),
  peek: (charges) => counts().peek(charges),
  refund: (charges) => counts().refund(charges),
  reset: (key) => counts().reset(key),
  ping: () => counts().ping(),
  close() {},
}

export default conformanceApp(env.CONFIG, getConnInfo, { store })
