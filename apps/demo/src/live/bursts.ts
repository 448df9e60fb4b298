import type { BurstProgress, BurstSender, Outcome } from '../page/messages.ts'
import { BURST_SENDERS } from './burst-senders.ts'

/** How many requests of a burst are under way at a time. */
const LANES = 8

/** Sends bursts of requests to the demo itself, over real sockets. */
export class Bursts {
  readonly #progress = new Map<BurstSender, { -readonly [Key in keyof BurstProgress]: BurstProgress[Key] }>()

  /** The last burst of each sender. */
  progress(): readonly BurstProgress[] {
    return [...this.#progress.values()]
  }

  isUnderWay(as: BurstSender): boolean {
    return this.#progress.get(as)?.isUnderWay ?? false
  }

  /**
   * Sends so many requests, and tells what became of them.
   *
   * @param signal Ends it before its time.
   */
  async send(as: BurstSender, count: number, url: string, signal: AbortSignal): Promise<BurstProgress> {
    const progress = { as, count, admitted: 0, denied: 0, banned: 0, isUnderWay: true }
    this.#progress.set(as, progress)
    let sent = 0
    const lane = async (): Promise<void> => {
      while (sent < count) {
        const answer = await fetch(url, { headers: BURST_SENDERS[as](sent++), signal })
        progress[outcomeOf(answer.status, await answer.text())] += 1
      }
    }
    try {
      await Promise.all(Array.from({ length: LANES }, lane))
    } catch {
      // It has been ended, or the server goes down: what came before is told.
    } finally {
      progress.isUnderWay = false
    }
    return progress
  }
}

function outcomeOf(status: number, body: string): Outcome {
  if (status < 400) return 'admitted'
  return body.includes('#abnormal-usage-detected') ? 'banned' : 'denied'
}
