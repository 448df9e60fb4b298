import type { ShardedMap } from './sharded-map.ts'

/** Goes round and round the entries of a map, which may change meanwhile. */
export class Rotation<V> {
  readonly #map: ShardedMap<V>
  #round: Iterator<[string, V]>

  constructor(map: ShardedMap<V>) {
    this.#map = map
    this.#round = map.entries()
  }

  get size(): number {
    return this.#map.size
  }

  /** The next entry; there must be one. */
  next(): [string, V] {
    const step = this.#round.next()
    if (!step.done) return step.value
    this.#round = this.#map.entries()
    return this.#round.next().value as [string, V]
  }
}
