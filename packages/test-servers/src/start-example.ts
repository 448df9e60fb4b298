import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { onFreePort } from './on-free-port.ts'
import { spawnGuarded } from './spawn-guarded.ts'
import { waitUntil } from './wait-until.ts'

/** A server in a process of its own, on the loopback interface. */
export interface Example {
  /** `http://127.0.0.1:` and its port. */
  readonly origin: string
  /** Ends it for good and removes what it has left behind. */
  stop: () => Promise<void>
}

/**
 * Starts an example by the command that the README beside it gives, from the root of the repository, and waits until it
 * says where it listens. It ends with this process, if nobody stops it earlier.
 *
 * @param file The program, which listens on the port that `PORT` says.
 */
export async function startExample(file: URL, env: Readonly<Record<string, string>> = {}): Promise<Example> {
  const root = fileURLToPath(new URL('../../', file))
  const command = `node ${relative(root, fileURLToPath(file))}`
  const readme = await readFile(new URL('README.md', file), 'utf8')
  if (!readme.includes(`\n${command}\n`)) throw new Error(`Expected the README to give the command \`${command}\``)
  return onFreePort((port) => launch(command, root, { ...env, PORT: String(port) }))
}

async function launch(command: string, root: string, env: Readonly<Record<string, string>>): Promise<Example> {
  const folder = await mkdtemp(join(tmpdir(), 'rl-example-'))
  const variables = Object.entries(env).map(([name, value]) => `${name}=${value}`)
  const program = spawnGuarded('env', [...variables, 'sh', '-c', `cd "$0" && exec ${command}`, root], folder)
  const stop = async (): Promise<void> => {
    await program.kill('SIGKILL')
    await rm(folder, { recursive: true, force: true })
  }
  try {
    const origin = `http://127.0.0.1:${env['PORT']}`
    await waitUntil(
      `\`${command}\` listens`,
      async () => !program.running || (await program.output()).includes(`Listening on ${origin}`),
    )
    if (program.running) return { origin, stop }
    const output = await program.output()
    const code = output.includes('EADDRINUSE') ? 'EADDRINUSE' : undefined
    throw Object.assign(new Error(`\`${command}\` has ended at once: ${output}`), { code })
  } catch (error) {
    await stop()
    throw error
  }
}
