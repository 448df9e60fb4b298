import { spawn, type ChildProcess } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import type { Socket } from 'node:net'
import { join } from 'node:path'

// The subshell waits for a line. If the pipe ends without one, this process has died, however it died (the kernel
// closes the pipe, even after SIGKILL): the subshell kills the server, which by `exec` has the pid of the shell, and
// removes its folder, $0. It ignores the signals that a terminal or a supervisor sends to the whole process group.
const guard = `
signal=$1; shift
(trap '' HUP INT TERM; read -r _ || { kill -s "$signal" $$; rm -rf "$0"; }) <&3 3<&- >/dev/null 2>&1 &
exec "$@" 3<&-`

/** What {@link spawnGuarded} is to do otherwise than by default. */
export interface GuardOptions {
  /** Whose process it is to be: a user and a group of this number. @default this process's own */
  readonly uid?: number | undefined
  /** What ends it for good. @default 'SIGKILL' */
  readonly lastSignal?: NodeJS.Signals
}

/** A process that ends, at the latest, with this one. */
export interface GuardedProcess {
  readonly pid: number
  /** Whether it has not ended yet; a stopped one is running too. */
  readonly running: boolean
  /** Sends a signal; after SIGKILL, or its own last one, waits until nothing of it is left. */
  kill: (signal: NodeJS.Signals) => Promise<void>
  /** What it has written so far. */
  output: () => Promise<string>
}

/**
 * Starts a process that cannot outlive this one: not when this one exits, crashes or gets SIGKILL, nor when the worker
 * thread that has started it is terminated. By itself it does not keep this process alive.
 *
 * @param folder Its working directory, which goes with it in these cases.
 */
export function spawnGuarded(
  command: string,
  args: readonly string[],
  folder: string,
  { uid, lastSignal = 'SIGKILL' }: GuardOptions = {},
): GuardedProcess {
  const outputPath = join(folder, 'output.log')
  const output = openSync(outputPath, 'w')
  let child: ChildProcess
  try {
    child = spawn('/bin/sh', ['-c', guard, folder, lastSignal.slice('SIG'.length), command, ...args], {
      cwd: folder,
      ...(uid !== undefined && { uid, gid: uid }),
      stdio: ['ignore', output, output, 'pipe'],
    })
  } finally {
    closeSync(output)
  }
  const { pid } = child
  if (pid === undefined) throw new Error(`Could not start ${command}`)

  const pipe = child.stdio[3] as Socket
  pipe.on('error', () => {})
  // When it has ended before this process, its pid may soon be somebody else's: the guard must not kill that.
  child.once('exit', () => pipe.end('\n'))
  // The other end is the guard's alone, so it is closed when the guard has ended too.
  pipe.resume()
  const gone = Promise.all([
    new Promise((resolve) => child.once('exit', resolve)),
    new Promise((resolve) => pipe.once('close', resolve)),
  ])
  child.unref()
  pipe.unref()

  return {
    pid,
    get running() {
      return child.exitCode === null && child.signalCode === null
    },
    async kill(signal) {
      child.kill(signal)
      if (signal !== 'SIGKILL' && signal !== lastSignal) return
      child.ref()
      pipe.ref()
      await gone
    },
    output: () => readFile(outputPath, 'utf8'),
  }
}
