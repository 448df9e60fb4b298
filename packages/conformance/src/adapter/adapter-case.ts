import type { AdapterConfig } from './adapter-options.ts'
import type { Client } from './client.ts'

/** What a case has to work with. */
export interface AdapterCaseContext {
  /** Starts a server as the case wants it, which has counted nothing yet. It is closed when the case is over. */
  readonly open: (config: AdapterConfig) => Promise<Client>
}

/** One promise of an adapter: resolves if it is kept, rejects with what the server did instead. */
export type AdapterCase = (context: AdapterCaseContext) => Promise<void>
