import { adapterCases } from './adapter-cases.ts'
import type { AdapterCaseName } from './adapter-cases.ts'
import type { AdapterConfig } from './adapter-options.ts'
import { Client } from './client.ts'

/** A server that listens. */
export interface ServedApp {
  readonly origin: URL | string
  /** Stops it, whatever is still open. */
  readonly close: () => Promise<void>
}

/**
 * Starts a server on a store of its own, with the adapter's middleware as `adapterOptions` has it, and behind it
 * `respond` for every method and path under `/app/` and `respondToError` for errors.
 */
export type ServeApp = (config: AdapterConfig) => Promise<ServedApp>

/**
 * Runs one case, and closes what it has opened. Rejects with what the server did wrong.
 *
 * @example
 * ```ts
 * import { runAdapterCase } from '@rl/conformance'
 * import type { ServeApp } from '@rl/conformance'
 *
 * async function check(serve: ServeApp) {
 *   await runAdapterCase('limits every method', serve)
 * }
 * ```
 */
export async function runAdapterCase(name: AdapterCaseName, serve: ServeApp): Promise<void> {
  const served: ServedApp[] = []
  try {
    await adapterCases[name]({
      async open(config) {
        const app = await serve(config)
        served.push(app)
        return new Client(app.origin)
      },
    })
  } finally {
    for (const { close } of served) await close()
  }
}
