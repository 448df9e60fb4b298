const COUNT = new Intl.NumberFormat('en')
/** Keeps a number and its unit on one line. */
const NARROW = '\u202f'

export function countText(n: number): string {
  return COUNT.format(n)
}

/** So long in words: `42 s`, `4 min 10 s`, `1 h`. Rounded up: whoever waits that long has waited long enough. */
export function durationText(ms: number): string {
  const seconds = Math.ceil(ms / 1000)
  const parts = [
    [Math.floor(seconds / 3600), 'h'],
    [Math.floor(seconds / 60) % 60, 'min'],
    [seconds % 60, 's'],
  ] as const
  return parts.flatMap(([n, unit]) => (n > 0 ? `${n}${NARROW}${unit}` : [])).join(' ') || `0${NARROW}s`
}

/** A duration that is over in a moment: `0.42 ms`, `180 ms`. */
export function latencyText(ms: number): string {
  return `${ms < 10 ? ms.toFixed(2) : Math.round(ms)}${NARROW}ms`
}
