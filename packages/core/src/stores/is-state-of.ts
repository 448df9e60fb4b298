import type { State } from '../algorithms/algorithm.ts'
import { algorithms } from '../algorithms/algorithms.ts'
import type { AlgorithmName } from '../algorithms/algorithms.ts'

/**
 * Whether something that was kept can be a state of an algorithm, by its form: whole numbers, as many as it has. What is not
 * would count as nothing spent.
 *
 * @example
 * ```ts
 * import { isStateOf } from '@rl/core'
 *
 * isStateOf('fixed-window', JSON.parse('[1700000000000,60000,3]')) // true
 * isStateOf('fixed-window', []) // false
 * ```
 */
export function isStateOf(algorithm: string, value: unknown): value is State {
  if (!Array.isArray(value) || !value.every(Number.isSafeInteger) || !Object.hasOwn(algorithms, algorithm)) return false
  const { width } = algorithms[algorithm as AlgorithmName]
  // Where the number is not fixed, it is one and then pairs.
  return width === undefined ? value.length > 1 && value.length % 2 === 1 : value.length === width
}
