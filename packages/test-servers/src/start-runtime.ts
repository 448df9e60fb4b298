import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { spawnGuarded, type GuardedProcess } from './spawn-guarded.ts'
import { waitUntil } from './wait-until.ts'

export type Runtime = keyof typeof commands

/** A server in a process of its own, on the loopback interface. */
export interface RuntimeServer {
  readonly port: number
  readonly pid: number
  /** Ends it for good and removes what it has left behind. */
  stop: () => Promise<void>
}

type Command = readonly [command: string, ...args: string[]]

const require = createRequire(import.meta.url)

// Each starts the executable itself: of a wrapper that is killed, the child would live on.
const commands = {
  async bun(file: string, config: string): Promise<Command> {
    const arch = process.arch === 'arm64' ? 'aarch64' : process.arch
    return [dependencyOf('bun', `@oven/bun-${process.platform}-${arch}/bin/bun`), 'run', file, config]
  },

  async deno(file: string, config: string, folder: string): Promise<Command> {
    const libc = process.platform === 'linux' ? '-glibc' : ''
    const deno = dependencyOf('deno', `@deno/${process.platform}-${process.arch}${libc}/deno`)
    return ['env', `DENO_DIR=${folder}`, deno, 'run', '--no-lock', '--allow-net=127.0.0.1', file, config]
  },

  async workerd(file: string, config: string, folder: string): Promise<Command> {
    let bundle = bundles.get(file)
    if (!bundle) bundles.set(file, (bundle = bundled(file)))
    await writeFile(join(folder, 'worker.js'), await bundle)
    await writeFile(join(folder, 'config.json'), config)
    await writeFile(join(folder, 'workerd.capnp'), workerdConfig)
    const { default: workerd } = require('workerd') as { readonly default: string }
    return [workerd, 'serve', '--control-fd=1', 'workerd.capnp']
  },
}

const bundles = new Map<string, Promise<string>>()

async function bundled(file: string): Promise<string> {
  const { build } = await import('rolldown')
  const { output } = await build({
    input: file,
    platform: 'browser',
    resolve: { conditionNames: ['workerd', 'worker', 'browser', 'import'] },
    // What cannot be bundled, such as a module of Node's, the worker will ask the runtime for.
    external: /^(?:node|cloudflare):/,
    write: false,
  })
  return output[0].code
}

/** The path of a file that a package's own dependency brings. */
function dependencyOf(name: string, file: string): string {
  return createRequire(require.resolve(`${name}/package.json`)).resolve(file)
}

// Without any flag, such as the one for Node's modules. Cloudflare's edge writes the client's address into
// CF-Connecting-IP, over whatever a client has written there; so does this socket, whose clients are all on this machine.
const workerdConfig = `
using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "worker", worker = (
    compatibilityDate = "2026-07-30",
    modules = [(name = "worker.js", esModule = embed "worker.js")],
    bindings = [
      (name = "CONFIG", json = embed "config.json"),
      (name = "COUNTS", durableObjectNamespace = "Counts"),
    ],
    durableObjectNamespaces = [(className = "Counts", uniqueKey = "counts")],
    durableObjectStorage = (inMemory = void),
  ))],
  sockets = [(name = "http", service = "worker", address = "127.0.0.1:0", http = (
    injectRequestHeaders = [(name = "CF-Connecting-IP", value = "127.0.0.1")],
  ))],
);`

/**
 * Runs a server on another runtime, on a free port of the loopback interface. It ends with this process, if nobody stops
 * it earlier.
 *
 * @param file The program, which writes `{"port":…}` when it listens; or a worker, whose Durable Objects of the class
 *   `Counts`, if it has one, are bound to `COUNTS`.
 * @param config For the program its only argument, in JSON; in the worker the binding `CONFIG`.
 */
export async function startRuntime(runtime: Runtime, file: URL, config: unknown): Promise<RuntimeServer> {
  const folder = await mkdtemp(join(tmpdir(), `rl-${runtime}-`))
  let server: GuardedProcess | undefined
  const stop = async (): Promise<void> => {
    await server?.kill('SIGKILL')
    await rm(folder, { recursive: true, force: true })
  }
  try {
    const [command, ...args] = await commands[runtime](fileURLToPath(file), JSON.stringify(config), folder)
    server = spawnGuarded(command, args, folder)
    return { port: await portOf(server), pid: server.pid, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

async function portOf(server: GuardedProcess): Promise<number> {
  let port: string | undefined
  await waitUntil('the server listens', async () => {
    const hasEnded = !server.running
    port = /"port": ?(\d+)\}/.exec(await server.output())?.[1]
    return hasEnded || port !== undefined
  })
  if (port === undefined) throw new Error(`The server has ended at once: ${await server.output()}`)
  return Number(port)
}
