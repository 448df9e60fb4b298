const SHARDS = 256
const HASHED_CHARACTERS = 24

/**
 * A map by string that never stops the process to grow or to shrink: V8 rehashes a `Map` as a whole, which takes 30 ms
 * at a million keys, so this is many small ones.
 */
export class ShardedMap<V> {
  readonly #shards: (Map<string, V> | undefined)[] = Array.from({ length: SHARDS })
  #size = 0

  get size(): number {
    return this.#size
  }

  get(key: string): V | undefined {
    return this.#shards[shardOf(key)]?.get(key)
  }

  set(key: string, value: V): void {
    const shard = (this.#shards[shardOf(key)] ??= new Map<string, V>())
    const before = shard.size
    shard.set(key, value)
    this.#size += shard.size - before
  }

  delete(key: string): void {
    if (this.#shards[shardOf(key)]?.delete(key)) this.#size--
  }

  /** Goes through the map, which may change meanwhile. */
  *entries(): Generator<[string, V]> {
    for (const shard of this.#shards) if (shard) yield* shard
  }
}

/** FNV-1a over the end of the key, where keys differ. Not seeded: who aims at one shard gets an ordinary `Map`. */
function shardOf(key: string): number {
  let hash = 0x811c9dc5
  for (let i = Math.max(0, key.length - HASHED_CHARACTERS); i < key.length; i++) {
    hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193)
  }
  return (hash ^ (hash >>> 16)) & (SHARDS - 1)
}
