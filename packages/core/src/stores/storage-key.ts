import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex } from '@noble/hashes/utils.js'

import { RequestError, shown } from '../errors.ts'

const LONGEST_KEY = 200
const HASHED = 'sha256:'

/**
 * A key as a store keeps it: itself, or its SHA-256 where it is long, so that a client that sends a megabyte as its
 * name costs no more memory than any other, and no backend's limit on key length is met.
 *
 * Different keys stay different: a short key that looks like a hash is hashed too, and so is one that UTF-8 cannot
 * tell from others (a lone surrogate).
 *
 * @throws {RequestError} `RL_INVALID_KEY`
 *
 * @example
 * ```ts
 * import { storageKey } from '@rl/core'
 *
 * storageKey('user:42') // 'user:42'
 * storageKey('x'.repeat(1_000_000)) // 'sha256:' and 64 hexadecimal digits
 * ```
 */
export function storageKey(key: string): string {
  checkKey(key)
  const isPlain = key.length <= LONGEST_KEY && !key.startsWith(HASHED) && key.isWellFormed()
  return isPlain ? key : HASHED + bytesToHex(sha256(codeUnits(key)))
}

function codeUnits(text: string): Uint8Array {
  const bytes = new Uint8Array(2 * text.length)
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    bytes[2 * i] = unit >> 8
    bytes[2 * i + 1] = unit & 0xff
  }
  return bytes
}

/**
 * Refuses a key that is no string: a number and its text would be two counters, or one, as the backend pleases.
 *
 * @throws {RequestError} `RL_INVALID_KEY`
 */
export function checkKey(key: string): void {
  if (typeof key !== 'string') {
    throw new RequestError('RL_INVALID_KEY', `Expected \`key\` to be a string, got ${shown(key)}`)
  }
}
