export { compatStore } from './compat-store.ts'
export type { CompatStore, CompatStoreOptions, HitCount, LimiterConfig } from './compat-store.ts'
