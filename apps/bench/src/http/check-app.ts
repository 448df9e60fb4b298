import { HOST } from './app.ts'
import type { App } from './app.ts'

const ADMITTED = 3
const ASKED = 5

/**
 * Sees to it that an app which is to admit three requests does so, denies the others, and says in its header fields what it
 * is to say.
 */
export async function checkApp({ name, decides = true, fields }: App, port: number): Promise<void> {
  for (let i = 1; i <= ASKED; i++) {
    const { status, headers } = await fetch(`http://${HOST}:${port}/`)
    const expected = decides && i > ADMITTED ? 429 : 200
    if (status !== expected) throw new Error(`Expected ${name} to answer ${expected} to request ${i}, got ${status}`)
    const missing = fields.filter((field) => !headers.has(field))
    if (missing.length > 0) throw new Error(`Expected ${name} to send ${missing.join(', ')}`)
    const remaining = headers.get('x-ratelimit-remaining') ?? headers.get('ratelimit-remaining')
    const left = Math.max(0, ADMITTED - i)
    if (remaining !== null && remaining !== String(left)) {
      throw new Error(`Expected ${name} to have ${left} left, got ${remaining}`)
    }
  }
}
