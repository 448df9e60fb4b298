import type { Quota } from './contender.ts'

/** What the three header fields say, and whether the request may go on. */
export interface Standing {
  readonly allowed: boolean
  readonly remaining: number
  readonly resetSeconds: number
}

export interface Window {
  count: number
  readonly endsAt: number
}

/** A limiter as one writes it by hand: a window for each key, in a `Map` that nobody sweeps. */
export function mapWindows({ quota, windowMs }: Quota, windows = new Map<string, Window>()): (key: string) => Standing {
  return function charge(key) {
    const now = Date.now()
    let window = windows.get(key)
    if (!window || window.endsAt <= now) windows.set(key, (window = { count: 0, endsAt: now + windowMs }))
    const allowed = window.count < quota
    if (allowed) window.count += 1
    return { allowed, remaining: quota - window.count, resetSeconds: Math.ceil((window.endsAt - now) / 1000) }
  }
}
