import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'

import type { RedisClient } from './redis-client.ts'

/** How keys and arguments name the algorithms. The name of the Lua twin is the algorithm's. */
export const TAGS = {
  'fixed-window': 'fw',
  'sliding-window': 'sw',
  'sliding-window-counter': 'sc',
  'token-bucket': 'tb',
} as const satisfies Readonly<Record<string, string>>

const lua = (name: string): string => readFileSync(new URL(`../lua/${name}.lua`, import.meta.url), 'utf8')

/** The Lua of that directory for the algorithm of each tag. */
const byTag = (directory: string): string =>
  Object.entries(TAGS)
    .map(([name, tag]) => `if tag == '${tag}' then\n${lua(`${directory}/${name}`)}\nend`)
    .join('\n')

/** The script that decides. What is in a function is made when a call first needs it. */
const SCRIPT = [
  lua('expiry'),
  `local function makeAlgorithm(tag)\n${lua('integers')}\n${byTag('algorithms')}\nend`,
  `local function makePlain(tag)\n${byTag('plain')}\nend`,
  `local function makeCarefully()\n${lua('carefully')}\nend`,
  lua('decide'),
].join('\n')

const SHA1 = createHash('sha1').update(SCRIPT).digest('hex')

/**
 * Runs the script by its hash; sends its text only to a server that does not know it (any more). That is the one error
 * after which it is certain that nothing was done, so the one after which it is tried again.
 */
export async function runDecideScript(
  client: RedisClient,
  keys: readonly string[],
  args: readonly string[],
): Promise<readonly unknown[]> {
  let replies: unknown
  try {
    replies = await client.evalsha(SHA1, keys.length, ...keys, ...args)
  } catch (error) {
    if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error
    replies = await client.eval(SCRIPT, keys.length, ...keys, ...args)
  }
  return replies as unknown[]
}
