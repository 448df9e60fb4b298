import { hmac } from '@noble/hashes/hmac.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { utf8ToBytes } from '@noble/hashes/utils.js'

import { ConfigError } from './errors.ts'

const LEAST_SECRET = 16
const NAME_BYTES = 16

/** Names something without telling what it is. */
export type HashedName = (text: string) => string

/**
 * Makes names of the first half of an HMAC-SHA-256 (RFC 2104) each, in base64. Nobody without the secret can try addresses
 * until one fits.
 *
 * @param option What the secret is called, for error messages, which do not show it.
 * @throws {ConfigError} `RL_INVALID_OPTION`
 */
export function hashedNamesBy(option: string, secret: string): HashedName {
  if (typeof secret !== 'string' || secret.length < LEAST_SECRET) {
    throw new ConfigError(
      'RL_INVALID_OPTION',
      `Expected \`${option}\` to be a text of at least ${LEAST_SECRET} characters`,
    )
  }
  const bytes = utf8ToBytes(secret)
  return (text) => btoa(String.fromCharCode(...hmac(sha256, bytes, utf8ToBytes(text)).subarray(0, NAME_BYTES)))
}
