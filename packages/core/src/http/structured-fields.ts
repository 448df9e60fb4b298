/** The largest integer that a structured field can hold (RFC 9651, 3.3.1). */
const MAX_INTEGER = 999_999_999_999_999

const UNSAFE = /["\\]/

/** A string (RFC 9651, 4.1.6) of printable ASCII, which the caller has seen to. */
export function sfString(text: string): string {
  return `"${UNSAFE.test(text) ? text.replaceAll(/["\\]/g, String.raw`\$&`) : text}"`
}

/** An integer (RFC 9651, 4.1.4): quotas beyond the largest are told as that. */
export function sfInteger(value: number): string {
  return `${Math.min(value, MAX_INTEGER)}`
}

/** A byte sequence (RFC 9651, 4.1.8) that is in base64 already. */
export function sfBytes(base64: string): string {
  return `:${base64}:`
}
