import { execFile } from 'node:child_process'
import { existsSync, globSync } from 'node:fs'
import { chown, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import { spawnGuarded } from './spawn-guarded.ts'
import { waitUntil } from './wait-until.ts'

/** A PostgreSQL server of the test's own, which listens on a Unix socket only. */
export interface PostgresServer {
  /** Of an empty database and a user that may do everything, as `pg` and `psql` take it. */
  readonly url: string
  readonly pid: number
  /** Ends it for good and removes what it has left behind. */
  stop: () => Promise<void>
}

/** PostgreSQL refuses to run as root. */
const uid = process.getuid?.() === 0 ? 65_534 : undefined

/** Nothing of it has to survive; and shared memory is to be files in its folder, which go with it. */
const settings = {
  listen_addresses: '',
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  dynamic_shared_memory_type: 'mmap',
}

/**
 * Starts a PostgreSQL server, which takes connections when the promise is fulfilled. It ends with this process, if nobody
 * stops it earlier.
 */
export async function startPostgres(): Promise<PostgresServer> {
  const programs = programFolder()
  const folder = await mkdtemp(join(tmpdir(), 'rl-postgres-'))
  const data = join(folder, 'data')
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true })
  try {
    if (uid !== undefined) await chown(folder, uid, uid)
    const layout = ['--username', 'postgres', '--auth', 'trust', '--encoding', 'UTF8', '--locale', 'C', '--no-sync']
    const asUser = uid === undefined ? {} : { uid, gid: uid }
    await promisify(execFile)(join(programs, 'initdb'), ['--pgdata', data, ...layout], { cwd: folder, ...asUser })

    const args = Object.entries({ unix_socket_directories: folder, ...settings }).flatMap(([name, value]) => [
      '-c',
      `${name}=${value}`,
    ])
    // By SIGKILL it would leave a segment of shared memory behind.
    const server = spawnGuarded(join(programs, 'postgres'), ['-D', data, ...args], folder, {
      uid,
      lastSignal: 'SIGQUIT',
    })
    const stop = async (): Promise<void> => {
      await server.kill('SIGQUIT')
      await remove()
    }
    try {
      await waitUntil('postgres takes connections', async () => !server.running || isReady(data))
      if (!server.running) throw new Error(`postgres has ended at once: ${await server.output()}`)
    } catch (error) {
      await stop()
      throw error
    }
    return { url: `postgresql://postgres@${encodeURIComponent(folder)}/postgres`, pid: server.pid, stop }
  } catch (error) {
    await remove()
    throw error
  }
}

/** Debian keeps the programs off the PATH, in a folder for each version. */
function programFolder(): string {
  const onPath = (process.env['PATH'] ?? '').split(delimiter)
  const debians = globSync('/usr/lib/postgresql/*/bin').toSorted((a, b) => b.localeCompare(a, 'en', { numeric: true }))
  const folder = [...onPath, ...debians].find((candidate) => existsSync(join(candidate, 'initdb')))
  if (folder === undefined) {
    throw new Error(
      'There is no PostgreSQL server: `sudo apt-get install postgresql`, `brew install postgresql@17` and its bin folder on the PATH',
    )
  }
  return folder
}

/** The last line of its lock file says so. */
async function isReady(data: string): Promise<boolean> {
  return (await readFile(join(data, 'postmaster.pid'), 'utf8')).trimEnd().endsWith('\nready')
}
