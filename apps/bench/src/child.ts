import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** A process that runs one of our scripts. It ends when its channel closes: at the latest with this process. */
export interface Child {
  readonly send: (message: string) => void
  /** Its next message. Rejects if it ends instead. */
  readonly receive: <T>() => Promise<T>
  /** Closes the channel, and waits until it has ended. */
  readonly end: () => Promise<void>
}

const LONGEST_MS = 30 * 60_000

/** Starts a script, in production mode. It is to call {@link endWithParent}. */
export function startChild(script: URL, args: readonly string[], nodeOptions: readonly string[] = []): Child {
  const child = fork(fileURLToPath(script), args, {
    execArgv: [...nodeOptions],
    env: { ...process.env, NODE_ENV: 'production' },
    timeout: LONGEST_MS,
    killSignal: 'SIGKILL',
  })
  const ended = once(child, 'exit') as Promise<[code: number | null, signal: NodeJS.Signals | null]>
  return {
    send: (message) => void child.send(message),
    async receive<T>() {
      const received = once(child, 'message').then(([message]) => ({ message: message as T }))
      const outcome = await Promise.race([received, ended])
      if ('message' in outcome) return outcome.message
      throw new Error(`A process has ended with ${outcome[1] ?? outcome[0]}`)
    },
    async end() {
      if (child.connected) child.disconnect()
      await ended
    },
  }
}

/** For the script: ends this process when the one that started it has, or wants it to. */
export function endWithParent(): void {
  process.once('disconnect', () => process.exit())
}
