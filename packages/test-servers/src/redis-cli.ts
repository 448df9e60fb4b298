import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** What `redis-cli` prints for a command, without the last line feed; rejects when the server answers an error. */
export async function redisCli(port: number, password: string | undefined, args: readonly string[]): Promise<string> {
  const { stdout } = await run('redis-cli', ['-e', '-p', String(port), ...args], {
    env: { ...process.env, ...(password !== undefined && { REDISCLI_AUTH: password }) },
    // A stopped server never answers.
    timeout: 5000,
    killSignal: 'SIGKILL',
  })
  return stdout.trimEnd()
}
