// Sees to it that every command in the documentation works: runs it here, or knows what does.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'

const DOCUMENTS = ['*.md', '{apps,examples,packages}/*/README.md', 'examples/README.md', 'docs/*.md']
const FENCE = /^```(?:sh|shell|bash|console)\n(?<code>[^]*?)^```/gm
/** Between words, too. */
const INLINE = /(?<!`)`(?<command>(?:UPDATE_DOCS=1 )?(?:npm|npx|pnpm|node|redis-cli) [^`]+)`/g
const INSTALL = /^npm install (?:--save-dev )?(?<names>[^-].*)$/

type Proof =
  /** Runs it here: it has to end well. */
  | 'run'
  /** Starts it here, gets the first address that it prints, and stops it: it has to end well, too. */
  | 'serve'
  /** A test that runs what it runs, and a text by which one sees that. */
  | readonly [test: string, text: string]
  /** Why nothing runs it; somebody has, when it was written down. */
  | { readonly byHand: string }

const CELLS = ['apps/bench/src/cells.test.ts', 'runCell'] as const
const QUICK_START = ['apps/smoke/src/quick-start.fixture.ts', "'server.mjs'"] as const
const BEHIND_A_PROXY = ['examples/behind-a-proxy/behind-a-proxy.test.ts', 'startExample(file'] as const
const LOGIN = ['examples/login-protection/server.test.ts', 'ada@example.com'] as const
const PLANS = ['examples/per-plan-api/server.test.ts', 'key-of-pia'] as const
const UPLOAD = ['examples/upload-with-cost/server.test.ts', '/upload'] as const
const FLEET = ['examples/fleet-on-redis/server.test.ts', "startExample(new URL('server.ts'"] as const
const ITSELF = { byHand: 'runs this check' }

/** All but `npm install`. */
const PROOFS: Readonly<Record<string, Proof>> = {
  'npm start': 'serve',
  'pnpm exec tsc -b': 'run',
  'pnpm exec vitest parse-limit': 'run',
  'npm install': QUICK_START,
  'node server.mjs': QUICK_START,
  'npm test': ITSELF,
  'npm test -- smoke': ITSELF,
  'pnpm check': ITSELF,
  'npm test -- parse-limit': { byHand: 'sets up, and runs what `pnpm exec vitest parse-limit` does' },
  'pnpm format': { byHand: 'changes files; what it does is checked by `oxfmt --check` and `oxlint`' },
  'pnpm changeset': { byHand: 'asks questions' },
  'npm run matrix': { byHand: 'runs all tests three times' },
  'npm run matrix -- core': { byHand: 'fetches three versions of Node' },
  'npm run mutate': { byHand: 'takes long' },
  'npm run mutate -- core': { byHand: 'takes long' },
  'npm run mutate -- core packages/core/src/limits/rate.ts': { byHand: 'takes minutes' },
  'npm run mutate -- core packages/core/src/stores/apply-charges.ts': { byHand: 'takes minutes' },
  'npm run mutate -- lua token-bucket': { byHand: 'takes minutes' },
  'UPDATE_DOCS=1 npm test -- api-reference': ['docs/api-reference.test.ts', 'UPDATE_DOCS'],
  'UPDATE_DOCS=1 npm test -- conformance-page': ['packages/conformance/src/conformance-page.test.ts', 'UPDATE_DOCS'],
  'UPDATE_DOCS=1 npm test -- drawings': ['packages/core/src/algorithms/drawings.test.ts', 'UPDATE_DOCS'],
  'UPDATE_DOCS=1 npm test -- faults': ['packages/store-redis/src/faults.test.ts', 'UPDATE_DOCS'],
  'pnpm install': { byHand: '`npm test` does it before' },
  'node examples/job-queue/workers.ts': 'run',
  'node examples/login-protection/server.ts': LOGIN,
  [`curl -i http://127.0.0.1:3000/login --json '{"account":"ada@example.com","password":"guess"}'`]: LOGIN,
  'node examples/per-plan-api/server.ts': PLANS,
  "curl -i http://127.0.0.1:3000/ -H 'X-API-Key: key-of-pia'": PLANS,
  'node examples/upload-with-cost/server.ts': UPLOAD,
  'head -c 3000000 /dev/zero | curl -i http://127.0.0.1:3000/upload --data-binary @-': UPLOAD,
  'node examples/fleet-on-redis/server.ts': FLEET,
  'PORT=3001 node examples/fleet-on-redis/server.ts': FLEET,
  'node examples/behind-a-proxy/express.ts': BEHIND_A_PROXY,
  'node examples/behind-a-proxy/fastify.ts': BEHIND_A_PROXY,
  'node examples/behind-a-proxy/hono.ts': BEHIND_A_PROXY,
  'CDN=cloudflare node examples/behind-a-proxy/express.ts': BEHIND_A_PROXY,
  'npm run bench': CELLS,
  'npm run bench -- memory redis': CELLS,
  'npm run bench -- http --quick': CELLS,
  'npm run bench -- heap --keys 50000000': CELLS,
  'npm run bench -- --update-docs': CELLS,
  'npm run bench -- memory heap redis sqlite exactness --keys 50000000 --update-docs': CELLS,
  'npm run bench -- http --update-docs': CELLS,
  'node packages/core/src/dos/measure.fixture.ts': { byHand: 'takes minutes, and wants a machine to itself' },
  'node docs/conformance-runs.fixture.ts memory': { byHand: 'takes minutes' },
  "redis-cli --scan --pattern 'rl:1:*' | head": { byHand: 'asks a Redis of yours' },
  'redis-cli --latency': { byHand: 'asks a Redis of yours' },
}

const SMOKE = 'apps/smoke/src/packages.test.ts'
const problems: string[] = []
const found = new Map<string, string>()
for (const document of globSync(DOCUMENTS, { exclude: ['**/node_modules'] })) {
  for (const command of commandsIn(readFileSync(document, 'utf8'))) found.set(command, found.get(command) ?? document)
}
for (const [command, document] of found) {
  const problem = INSTALL.test(command) ? problemOfInstall(command) : await problemOf(command)
  if (problem !== undefined) problems.push(`${document}: ${command}: ${problem}`)
}
for (const command of Object.keys(PROOFS)) {
  if (!found.has(command)) problems.push(`scripts/check-commands.ts: ${command}: is in no document any more`)
}
if (problems.length > 0) {
  console.error(problems.join('\n'))
  process.exit(1)
}
console.log(`${found.size} commands work`)

function commandsIn(text: string): readonly string[] {
  const lines = [...text.matchAll(FENCE)].flatMap(({ groups }) => groups!['code']!.split('\n'))
  const inline = [...text.replaceAll(/^```[^]*?^```/gm, '').matchAll(INLINE)].map(({ groups }) => groups!['command']!)
  return [...lines.map((line) => line.replace(/(?:^|\s)#.*/, '').trim()).filter((line) => line !== ''), ...inline]
}

async function problemOf(command: string): Promise<string | undefined> {
  const proof = PROOFS[command]
  if (proof === undefined) return 'nothing runs it: see PROOFS in scripts/check-commands.ts'
  if (proof === 'run') return problemOfRun(command)
  if (proof === 'serve') return problemOfServer(command)
  if ('byHand' in proof) return problemOfNames(command)
  const [test, text] = proof
  if (!existsSync(test) || !readFileSync(test, 'utf8').includes(text)) return `${test} has no ${text} any more`
  return problemOfNames(command)
}

/** CI: for Vitest not to watch. */
function problemOfRun(command: string): string | undefined {
  const { status, stdout, stderr } = spawnSync('sh', ['-c', command], {
    encoding: 'utf8',
    env: { ...process.env, CI: 'true' },
  })
  return status === 0 ? undefined : `${stdout}${stderr}`
}

async function problemOfServer(command: string): Promise<string | undefined> {
  const server = spawn('sh', ['-c', `exec ${command}`], {
    env: { ...process.env, PORT: '0', STORE: 'memory' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = once(server, 'exit')
  let address: string | undefined
  for await (const line of createInterface(server.stdout)) {
    address = /http:\/\/localhost:\d+/.exec(line)?.[0]
    if (address !== undefined) break
  }
  if (address === undefined) return 'printed no address'
  const { status } = await fetch(address)
  server.kill('SIGINT')
  const [code] = (await ended) as [number | null]
  return status === 200 && code === 0 ? undefined : `answered ${status}, and ended with ${code}`
}

/** What needs no running to be seen: that the script, the file, and the tests that are named are there. */
function problemOfNames(command: string): string | undefined {
  const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: Readonly<Record<string, string>> }
  const script = /^(?:UPDATE_DOCS=1 )?p?npm (?:run )?(?<script>[\w-]+)/.exec(command)?.groups?.['script']
  if (
    script !== undefined &&
    script !== 'install' &&
    !(script in scripts) &&
    !existsSync(`node_modules/.bin/${script}`)
  ) {
    return `there is no script ${script}`
  }
  const path = command.split(' ').find((word) => /\/.*\.ts$/.test(word))
  return path === undefined || existsSync(path) ? undefined : `${path} is not there`
}

/** The packages are not published yet: the smoke test packs them, and installs them so. */
function problemOfInstall(command: string): string | undefined {
  const smoke = readFileSync(SMOKE, 'utf8')
  const catalog = readFileSync('pnpm-workspace.yaml', 'utf8')
  return INSTALL.exec(command)!
    .groups!['names']!.split(' ')
    .map((name) => {
      if (name.startsWith('@rl/'))
        return smoke.includes(`'${name}': {`) ? undefined : `${SMOKE} does not install ${name}`
      return new RegExp(`^  '?${name}'?: `, 'm').test(catalog) ? undefined : `${name} is in no test`
    })
    .find((problem) => problem !== undefined)
}
