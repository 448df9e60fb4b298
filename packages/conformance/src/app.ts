export { adapterOptions } from './adapter/adapter-options.ts'
export type { AdapterConfig, AdapterOptions } from './adapter/adapter-options.ts'
export { respond, respondToError } from './adapter/respond.ts'
export type { AppAnswer } from './adapter/respond.ts'
