import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onFreePort } from './on-free-port.ts'
import { redisCli } from './redis-cli.ts'
import { spawnGuarded, type GuardedProcess } from './spawn-guarded.ts'
import { waitUntil } from './wait-until.ts'

/** What {@link startRedis} is to do otherwise than by default. */
export interface RedisOptions {
  /** Further arguments of `redis-server`, such as `['--maxmemory', '1mb']`. */
  readonly args?: readonly string[]
  /** What its configuration file says, which it may rewrite. @default no file */
  readonly config?: string
}

/** A `redis-server` of the test's own, on the loopback interface, which keeps nothing on disk. */
export interface RedisServer {
  readonly host: string
  readonly port: number
  /** With the password, if `--requirepass` is among the arguments. */
  readonly url: string
  /** The arguments it was started with. */
  readonly args: readonly string[]
  /** Another one after {@link RedisServer.restart}. */
  readonly pid: number
  /** What `redis-cli` prints for a command; rejects when the server answers an error. */
  cli: (...args: string[]) => Promise<string>
  /** Sends a signal, such as SIGSTOP and SIGCONT; after SIGKILL, waits until the process is gone. */
  kill: (signal: NodeJS.Signals) => Promise<void>
  /** Starts it anew, empty, on the same port and with the same arguments; kills it first if it is running. */
  restart: () => Promise<void>
  /** Ends it for good and removes what it has left behind. */
  stop: () => Promise<void>
}

const host = '127.0.0.1'
const volatile = ['--bind', host, '--save', '', '--appendonly', 'no']
// A master would let its first replica wait five seconds in case more of them come.
const promptMaster = ['--repl-diskless-sync-delay', '0']

/**
 * Starts a `redis-server`, which answers commands when the promise is fulfilled. It ends with this process, if nobody
 * stops it earlier.
 */
export async function startRedis({ args = [], config }: RedisOptions = {}): Promise<RedisServer> {
  const folder = await mkdtemp(join(tmpdir(), 'rl-redis-'))
  try {
    if (config !== undefined) await writeFile(join(folder, 'redis.conf'), config)
    const given = [...(config === undefined ? [] : ['redis.conf']), ...volatile, ...promptMaster, ...args]
    return await onFreePort((port) => launchRedis(port, given, folder))
  } catch (error) {
    await rm(folder, { recursive: true, force: true })
    throw error
  }
}

async function launchRedis(port: number, given: readonly string[], folder: string): Promise<RedisServer> {
  const args = [...given, '--port', String(port)]
  const passwordAt = args.indexOf('--requirepass') + 1
  const password = passwordAt > 0 ? args[passwordAt] : undefined
  const cli = (...command: string[]): Promise<string> => redisCli(port, password, command)

  let server = await launch()

  async function launch(): Promise<GuardedProcess> {
    const launched = spawnGuarded('redis-server', args, folder)
    try {
      await answers(launched, cli)
    } catch (error) {
      await launched.kill('SIGKILL')
      throw error
    }
    return launched
  }

  return {
    host,
    port,
    url: `redis://${password === undefined ? '' : `:${encodeURIComponent(password)}@`}${host}:${port}`,
    args,
    get pid() {
      return server.pid
    },
    cli,
    kill: (signal) => server.kill(signal),
    async restart() {
      await server.kill('SIGKILL')
      server = await launch()
    },
    async stop() {
      await server.kill('SIGKILL')
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** Waits until this very process answers: on a port that was taken, somebody else's would. */
async function answers(server: GuardedProcess, cli: RedisServer['cli']): Promise<void> {
  const ownLine = new RegExp(`^process_id:${server.pid}\\r?$`, 'm')
  await waitUntil('redis-server answers', async () => !server.running || ownLine.test(await cli('INFO', 'server')))
  if (server.running) return

  const output = await server.output()
  if (/already in use/i.test(output)) throw Object.assign(new Error(output), { code: 'EADDRINUSE' })
  if (/redis-server: not found/.test(output)) {
    throw new Error('There is no redis-server on the PATH: `sudo apt-get install redis-server`, `brew install redis`')
  }
  throw new Error(`redis-server has ended at once: ${output}`)
}
