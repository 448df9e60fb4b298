import type { AdapterConfig } from '@rl/conformance'
import type { Store } from '@rl/core'

// With its types would come those of all that is global in a worker.
const NAME: string = 'cloudflare:workers'

/** The runtime's own module, and what the test's workers are given. */
export const { DurableObject, env } = (await import(NAME)) as {
  readonly DurableObject: new () => object
  readonly env: {
    readonly CONFIG: AdapterConfig
    readonly COUNTS: { readonly getByName: (name: string) => Store }
  }
}
