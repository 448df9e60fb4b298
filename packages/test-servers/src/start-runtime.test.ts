import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { isReachable } from './is-reachable.fixture.ts'
import { startRuntime, type Runtime } from './start-runtime.ts'

const PROGRAM = `
import { createServer } from 'node:http'
const server = createServer((request, response) => response.end(process.argv[2]))
server.listen(0, '127.0.0.1', () => process.stdout.write(JSON.stringify({ port: server.address().port })))`

const WORKER = `export default { fetch: (request, { CONFIG }) => new Response(JSON.stringify(CONFIG)) }`

let sources: string
let temporary: string

beforeEach(async () => {
  sources = await mkdtemp(join(tmpdir(), 'rl-test-'))
  temporary = await mkdtemp(join(tmpdir(), 'rl-test-'))
  vi.stubEnv('TMPDIR', temporary)
})

afterEach(async () => {
  vi.unstubAllEnvs()
  await rm(sources, { recursive: true })
  await rm(temporary, { recursive: true })
})

async function start(runtime: Runtime, source: string, config: unknown) {
  const file = join(sources, 'server.ts')
  await writeFile(file, source)
  return startRuntime(runtime, pathToFileURL(file), config)
}

it.each([
  ['bun', PROGRAM],
  ['deno', PROGRAM],
  ['workerd', WORKER],
] as const)('runs a server on %s, and leaves no process and no folder behind', async (runtime, source) => {
  const config = { text: 'a "quoted" ${text}', list: [1, null] }
  const { port, pid, stop } = await start(runtime, source, config)
  const answer = await fetch(`http://127.0.0.1:${port}`)
  expect(await answer.json()).toEqual(config)
  expect(await readdir(temporary)).toHaveLength(1)
  await stop()
  expect(await isReachable(port)).toBe(false)
  expect(() => process.kill(pid, 0)).toThrow('ESRCH')
  expect(await readdir(temporary)).toEqual([])
  await stop()
})

it.each(['bun', 'deno', 'workerd'] as const)(
  'tells what a server on %s said that has ended at once',
  async (runtime) => {
    await expect(start(runtime, `throw new Error('no way')`, {})).rejects.toThrow('no way')
    expect(await readdir(temporary)).toEqual([])
  },
)

it('gives a worker nothing of Node', async () => {
  const source = `import { Buffer } from 'node:buffer'\nexport default { fetch: () => new Response(Buffer.from('')) }`
  await expect(start('workerd', source, {})).rejects.toThrow('No such module "node:buffer"')
})
