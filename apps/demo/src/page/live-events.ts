import type { LiveState } from './messages.ts'

const RETRY_MS = 1000

/** Calls `told` with each state that the server tells, and `connected` with whether it is there to tell. For ever. */
export function followLive(told: (state: LiveState) => void, connected: (isConnected: boolean) => void): void {
  const events = new EventSource('/demo/events')
  events.addEventListener('open', () => connected(true))
  events.addEventListener('message', ({ data }: MessageEvent<string>) => told(JSON.parse(data) as LiveState))
  events.addEventListener('error', () => {
    connected(false)
    // The browser connects again by itself, but for an answer other than 200.
    if (events.readyState === EventSource.CLOSED) setTimeout(() => followLive(told, connected), RETRY_MS)
  })
}
