import { createHash } from 'node:crypto'

import type { RatelimitConfig } from '@upstash/ratelimit'
import type { Redis } from 'ioredis'

/**
 * A plain Redis as @upstash/ratelimit asks for one. The first line of its scripts has a flag that only the servers of
 * Upstash know, and all others refuse: it is left out, so the scripts have other hashes here.
 */
export function upstashClient(client: Redis): RatelimitConfig['redis'] {
  const hashes = new Map<string, string>()
  const adapted = {
    evalsha: (hash: string, keys: string[], args: string[]) =>
      client.evalsha(hashes.get(hash) ?? hash, keys.length, ...keys, ...args),
    eval: (script: string, keys: string[], args: string[]) => {
      const plain = script.replace(/^#!lua flags=allow-key-locking$/m, '')
      hashes.set(sha1(script), sha1(plain))
      return client.eval(plain, keys.length, ...keys, ...args)
    },
  }
  return adapted as never
}

function sha1(text: string): string {
  return createHash('sha1').update(text).digest('hex')
}
