import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { isReachable } from './is-reachable.fixture.ts'
import { startExample } from './start-example.ts'

const SERVER = `
import { createServer } from 'node:http'
const { PORT, GREETING } = process.env
createServer((_request, response) => response.end(GREETING))
  .listen(PORT, '127.0.0.1', () => console.log('Listening on http://127.0.0.1:' + PORT))`

let root: string

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'rl-examples-'))
})

afterEach(() => rm(root, { recursive: true }))

async function example(program: string, readme: string): Promise<URL> {
  const folder = join(root, 'examples', 'one')
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, 'server.mjs'), program)
  await writeFile(join(folder, 'README.md'), readme)
  return pathToFileURL(join(folder, 'server.mjs'))
}

it('starts what the README says, with the variables given, and leaves nothing behind', async () => {
  const file = await example(SERVER, '```sh\nnode examples/one/server.mjs\n```\n')
  const { origin, stop } = await startExample(file, { GREETING: 'good morning' })
  expect(await (await fetch(origin)).text()).toBe('good morning')
  await stop()
  expect(await isReachable(Number(new URL(origin).port))).toBe(false)
})

it('refuses a program that the README does not say how to start', async () => {
  const file = await example(SERVER, '```sh\nnode examples/two/server.mjs\n```\n')
  await expect(startExample(file)).rejects.toThrow('the command `node examples/one/server.mjs`')
})

it('says what a program says that ends at once', async () => {
  const file = await example("throw new Error('not today')", '```sh\nnode examples/one/server.mjs\n```\n')
  await expect(startExample(file)).rejects.toThrow('not today')
})
