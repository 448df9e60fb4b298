import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { gzipSync } from 'node:zlib'

import { startRedis } from '@rl/test-servers'
import type { RedisServer } from '@rl/test-servers'
import { build } from 'esbuild'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { pack, PackedProject, run, workspaceManifests } from './packed-project.fixture.ts'
import type { PackedPackage } from './packed-project.fixture.ts'
import { quickStart } from './quick-start.fixture.ts'

/** The oldest that the packages say they run on, the oldest that the SQLite store does, the newest; and the stores there. */
const nodes = {
  '20.19.0': ['memory', 'redis'],
  '22.14.0': ['memory', 'redis', 'sqlite'],
  '26.10.0': ['memory', 'redis', 'sqlite'],
}

const SMOKE = 'apps/smoke'

/**
 * What a server that bundles the limiter pays for it. Half are of other people: routes, media types, hashes and a cache. It is
 * a little above what it is: who passes it adds to every server, and decides here whether it is worth that.
 */
const MOST_KB = 32

const core = ['@noble/hashes', '@rl/core', 'content-type', 'lru-cache', 'negotiator', 'rou3']
const memory = [...core, '@rl/store-memory']

interface Expectation {
  /** All that it puts into an empty project: a framework, a client and the like are the user's own. */
  readonly brings: readonly string[]
  /** What can be imported from where, and what comes of it. */
  readonly imports: readonly [name: string, entry: string, use: string, result: string]
}

const expectations: Readonly<Record<string, Expectation>> = {
  '@rl/core': { brings: core, imports: ['parseLimit', '@rl/core', "parseLimit('5 per minute').quota", '5'] },
  '@rl/store-memory': {
    brings: memory,
    imports: ['MemoryStore', '@rl/store-memory', 'new MemoryStore().size', '0'],
  },
  '@rl/store-sqlite': {
    brings: [...core, '@rl/store-sqlite', 'better-sqlite3', 'node-addon-api'],
    imports: [
      'SqliteStore',
      '@rl/store-sqlite',
      "new SqliteStore({ path: ':memory:' }).close() instanceof Promise",
      'true',
    ],
  },
  '@rl/store-redis': {
    brings: [...core, '@rl/store-redis', 'cluster-key-slot'],
    imports: ['RedisStore', '@rl/store-redis', 'RedisStore.name', 'RedisStore'],
  },
  '@rl/adapter-express': {
    brings: [...memory, '@rl/adapter-express'],
    imports: ['rateLimit', '@rl/adapter-express', "rateLimit({ ip: '5 per minute' }).name", 'rateLimit'],
  },
  '@rl/adapter-fastify': {
    brings: [...memory, '@rl/adapter-fastify', 'fastify-plugin'],
    imports: ['rateLimit', '@rl/adapter-fastify', 'rateLimit.name', 'rateLimit'],
  },
  '@rl/adapter-hono': {
    brings: [...memory, '@rl/adapter-hono'],
    imports: ['rateLimit', '@rl/adapter-hono', 'rateLimit({ getConnInfo: () => ({ remote: {} }) }).name', 'rateLimit'],
  },
  '@rl/telemetry': {
    brings: [...core, '@rl/telemetry'],
    imports: ['instrument', '@rl/telemetry', 'instrument.name', 'instrument'],
  },
  '@rl/compat-express-rate-limit': {
    brings: [...core, '@rl/compat-express-rate-limit'],
    imports: ['compatStore', '@rl/compat-express-rate-limit', 'compatStore.name', 'compatStore'],
  },
  '@rl/compat-fastify-rate-limit': {
    brings: [...core, '@rl/compat-fastify-rate-limit'],
    imports: ['compatStore', '@rl/compat-fastify-rate-limit', 'compatStore.name', 'compatStore'],
  },
  '@rl/conformance': {
    brings: [...core, '@rl/conformance', 'fast-check', 'pure-rand', 'structured-headers'],
    // Its main entry registers tests, and can be imported by Vitest only.
    imports: ['respond', '@rl/conformance/app', 'respond.name', 'respond'],
  },
}

const publicPackages = workspaceManifests().filter(({ manifest }) => manifest.private !== true)
const started: PackedProject[] = []

let tarballs: string
let packed: readonly PackedPackage[]

beforeAll(async () => {
  await run('node_modules/.bin/tsc', ['-b', SMOKE, ...publicPackages.map(({ folder }) => folder)])
  tarballs = await mkdtemp(join(tmpdir(), 'rl-tarballs-'))
  packed = await Promise.all(publicPackages.map(async ({ folder }) => pack(folder, tarballs)))
}, 120_000)

afterAll(async () => {
  await Promise.all(started.map((project) => project.remove()))
  await rm(tarballs, { recursive: true, force: true })
})

function packedAs(name: string): PackedPackage {
  return packed.find(({ manifest }) => manifest.name === name)!
}

async function projectWith(dependencies: Readonly<Record<string, string>>): Promise<PackedProject> {
  const project = await PackedProject.create()
  started.push(project)
  await project.install(dependencies, packed)
  return project
}

it('has an expectation of every public package', () => {
  expect(publicPackages.map(({ manifest }) => manifest.name).toSorted()).toEqual(Object.keys(expectations).toSorted())
})

describe.concurrent.each(Object.entries(expectations))(
  '%s',
  (name, { brings, imports: [imported, entry, use, result] }) => {
    it('ships its code, its types, its licence and its README, and no tests', ({ expect }) => {
      const { manifest, files } = packedAs(name)
      expect(manifest).toMatchObject({
        license: 'MIT',
        type: 'module',
        sideEffects: false,
        publishConfig: { access: 'public' },
        engines: { node: expect.stringMatching(/^>=2/) },
      })
      const targets = Object.values(manifest.exports).flatMap((target) =>
        typeof target === 'string' ? [target] : Object.values(target),
      )
      expect(files).toEqual(
        expect.arrayContaining(['LICENSE', 'README.md', ...targets.map((target) => target.slice('./'.length))]),
      )
      expect(files.filter((file) => /\.test\.|\.test-d\.|\.fixture\.|tsbuildinfo|tsconfig/.test(file))).toEqual([])
      const { dependencies, peerDependencies } = manifest
      expect(
        Object.values({ ...dependencies, ...peerDependencies }).filter((range) => /workspace:|catalog:/.test(range)),
      ).toEqual([])
    })

    it(
      'brings what it needs into an empty project, and nothing else; there it can be imported, required and type-checked',
      { timeout: 120_000 },
      async ({ expect }) => {
        const own = { [name]: '*' }
        const project = await projectWith(own)
        expect(await project.installed()).toEqual(brings.toSorted())

        const { peerDependencies = {}, devDependencies = {} } = packedAs(name).manifest
        const peers = Object.keys(peerDependencies).map((peer) => [peer, devDependencies[peer]!])
        if (peers.length > 0) await project.install({ ...own, ...(Object.fromEntries(peers) as object) }, packed)

        const importing = `import { ${imported} } from '${entry}'`
        await project.write('import.mjs', `${importing}\nconsole.log(${use})`)
        await project.write('require.cjs', `const { ${imported} } = require('${entry}')\nconsole.log(${use})`)
        for (const file of ['import.mjs', 'require.cjs']) {
          const { stdout, stderr } = await run(process.execPath, [file], { cwd: project.folder })
          expect([file, stdout, stderr]).toEqual([file, `${result}\n`, ''])
        }

        const entries = Object.keys(packedAs(name).manifest.exports).filter((path) => path !== './package.json')
        const all = entries.map((path, i) => `export * as all${i} from '${name}${path.slice(1)}'`).join('\n')
        const types = `${importing}\nexport const value: unknown = ${use}\n${all}`
        await project.write('import.mts', types)
        await project.write('require.cts', `import all = require('${entry}')\nexport const { ${imported} } = all`)
        await project.write('bundled.ts', types)
        await expectToTypeCheck(project, 'nodenext', ['import.mts', 'require.cts'])
        await expectToTypeCheck(project, 'bundler', ['bundled.ts'])
      },
    )
  },
)

/** How many bytes it comes to with all that it imports. */
async function bundle(resolveDir: string, contents: string): Promise<number> {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir },
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    platform: 'node',
  })
  return gzipSync(outputFiles[0]!.contents, { level: 9 }).length
}

async function expectToTypeCheck(
  project: PackedProject,
  moduleResolution: string,
  files: readonly string[],
): Promise<void> {
  const compilerOptions = {
    strict: true,
    noEmit: true,
    target: 'es2023',
    module: moduleResolution === 'bundler' ? 'esnext' : moduleResolution,
    moduleResolution,
    types: ['node'],
    typeRoots: [resolve('node_modules/@types')],
  }
  const config = `tsconfig.${moduleResolution}.json`
  await project.write(config, JSON.stringify({ compilerOptions, files }))
  await run(resolve('node_modules/.bin/tsc'), ['-p', config], { cwd: project.folder }).catch((error: unknown) => {
    throw new Error((error as { stdout: string }).stdout, { cause: error })
  })
}

it(`puts at most ${MOST_KB} kB into a bundle with the RateLimiter, minified and gzipped, and nothing where it is not used`, async () => {
  const { folder } = await projectWith({ '@rl/core': '*' })
  const kilobytes = (await bundle(folder, "export { RateLimiter } from '@rl/core'")) / 1000
  expect(kilobytes).toBeLessThanOrEqual(MOST_KB)
  expect(readFileSync('packages/core/README.md', 'utf8')).toContain(`at most ${MOST_KB} kB`)
  expect(await bundle(folder, "import * as core from '@rl/core'")).toBe(gzipSync('').length)
})

it.each(['@rl/adapter-express', '@rl/adapter-fastify', '@rl/adapter-hono'])(
  'takes somebody who does as the README of %s says from an empty folder to the first 429',
  { timeout: 120_000 },
  async (name) => {
    const { code, admitted, denial, totalMs, installMs } = await quickStart(name, packed)
    expect(admitted).toBe(100)
    expect(denial.status).toBe(429)
    expect(denial.headers.get('Content-Type')).toMatch(/^application\/problem\+json(;|$)/)
    const problem = (await denial.json()) as { readonly retryAfterMs: number }
    expect(problem).toEqual({
      type: 'https://iana.org/assignments/http-problem-types#quota-exceeded',
      title: 'Too many requests',
      status: 429,
      detail: `Try again in ${denial.headers.get('Retry-After')} s.`,
      'violated-policies': ['ip'],
      retryAfterMs: expect.any(Number),
    })
    expect(denial.headers.get('Retry-After')).toBe(String(Math.ceil(problem.retryAfterMs / 1000)))
    expect(problem.retryAfterMs).toBeGreaterThan(0)
    expect(problem.retryAfterMs).toBeLessThanOrEqual(60_000)

    const lines = code.split('\n').filter((line) => line.trim() !== '')
    const ours = lines.filter((line) => /rateLimit|getConnInfo/.test(line))
    const [total, install] = [totalMs, installMs].map((ms) => (ms / 1000).toFixed(1))
    console.log(
      `${name}: ${lines.length} lines, ${ours.length} of them for the limit; ${total} s, ${install} of them npm install`,
    )
  },
)

describe('answers real requests, through every adapter and over every store that runs there,', () => {
  let redis: RedisServer
  let project: PackedProject

  beforeAll(async () => {
    redis = await startRedis()
    const smoke = await pack(SMOKE, tarballs)
    packed = [...packed, smoke]
    project = await projectWith({ [smoke.manifest.name]: '*' })
  }, 120_000)

  afterAll(() => redis.stop())

  it.each(Object.entries(nodes))('on Node %s', { timeout: 120_000 }, async (version, stores) => {
    const asked = ['--yes', '--prefer-offline', '-p', `node@${version}`, '--', 'node', '-p', 'process.execPath']
    const node = (await run('npx', asked)).stdout.trim()
    const env = { ...process.env, REDIS_URL: redis.url }
    const { stdout } = await run(node, ['node_modules/@rl/smoke/dist/main.js'], { cwd: project.folder, env })
    const answers = '200 with 1 left, 200 with 0 left, 429 with 0 left'
    expect(stdout.trim().split('\n')).toEqual(
      ['express', 'fastify', 'hono'].flatMap((framework) =>
        stores.map((store) => `${framework} over ${store}: ${answers}`),
      ),
    )
  })
})
