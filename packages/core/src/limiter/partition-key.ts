import { hmac } from '@noble/hashes/hmac.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { utf8ToBytes } from '@noble/hashes/utils.js'

import { ConfigError } from '../errors.ts'

const LEAST_SECRET = 16
const KEY_BYTES = 16

/** Names the counter of a client without telling who it is. */
export type PartitionKeyOf = (key: string) => string

/**
 * Makes partition keys: the first half of an HMAC-SHA-256 (RFC 2104) of the counter's key, in base64. Nobody without the
 * secret can try addresses until one fits.
 *
 * @throws {ConfigError} `RL_INVALID_OPTION`
 */
export function partitionKeysBy(secret: string): PartitionKeyOf {
  if (typeof secret !== 'string' || secret.length < LEAST_SECRET) {
    throw new ConfigError(
      'RL_INVALID_OPTION',
      `Expected \`partitionKeySecret\` to be a text of at least ${LEAST_SECRET} characters`,
    )
  }
  const bytes = utf8ToBytes(secret)
  return (key) => btoa(String.fromCharCode(...hmac(sha256, bytes, utf8ToBytes(key)).subarray(0, KEY_BYTES)))
}
