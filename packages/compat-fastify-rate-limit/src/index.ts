export { compatStore } from './compat-store.ts'
export type { CompatStore, CompatStoreClass, CompatStoreOptions, HitCallback } from './compat-store.ts'
