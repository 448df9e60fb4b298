import { ConfigError, shown } from '../errors.ts'
import type { Store } from './store.ts'

const METHODS = ['consume', 'peek', 'refund', 'reset', 'ping', 'close'] as const satisfies (keyof Store)[]

/**
 * Refuses what is no store.
 *
 * @throws {ConfigError} `RL_INVALID_OPTION`
 */
export function checkStore(option: string, store: Store | undefined): void {
  if (!METHODS.every((method) => typeof store?.[method] === 'function')) {
    throw new ConfigError(
      'RL_INVALID_OPTION',
      `Expected \`${option}\` to be a store, with the methods ${METHODS.join(', ')}, got ${shown(store)}`,
    )
  }
}
