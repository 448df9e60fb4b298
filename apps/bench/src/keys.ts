/** A key of twelve characters. */
export function keyOf(i: number): string {
  return flat(String(i).padStart(12, '0'))
}

export function keysOf(count: number): readonly string[] {
  return Array.from({ length: count }, (_, i) => keyOf(i))
}

/** Addresses as keys, 16 million at most. */
export function addressesOf(count: number): readonly string[] {
  return Array.from({ length: count }, (_, i) => flat(`10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`))
}

/** As a text is that was read from a socket: a concatenation would be kept with its parts. */
function flat(text: string): string {
  return Buffer.from(text, 'latin1').toString('latin1')
}

/** So many keys, each as likely as any other, by a fixed seed: every contender gets the same ones in the same order. */
export function drawUniform(keys: readonly string[], draws: number): readonly string[] {
  const random = randomNumbers()
  return Array.from({ length: draws }, () => keys[Math.floor(random() * keys.length)]!)
}

/** So many draws by Zipf's law: the n-th key comes up once for every n times that the first does. */
export function drawZipf(keys: readonly string[], draws: number): readonly string[] {
  const random = randomNumbers()
  const sums = new Float64Array(keys.length)
  let sum = 0
  for (let i = 0; i < keys.length; i++) sums[i] = sum += 1 / (i + 1)
  return Array.from({ length: draws }, () => keys[firstAbove(sums, random() * sum)]!)
}

/** The index of the first of these ascending numbers that is above `value`. */
function firstAbove(ascending: Float64Array, value: number): number {
  let low = 0
  let high = ascending.length - 1
  while (low < high) {
    const middle = (low + high) >> 1
    if (ascending[middle]! > value) high = middle
    else low = middle + 1
  }
  return low
}

/** Numbers from 0 to below 1, the same ones every time: a linear congruential generator. */
function randomNumbers(): () => number {
  let state = 1
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
}
