import { notIfQuick } from '../part.ts'
import type { Aim, Part, Table, Turns } from '../part.ts'
import type { Scale } from '../scale.ts'
import { TURNS } from '../turns.ts'
import { DUAL_STACK, HOST, MAP } from './app.ts'
import type { App } from './app.ts'
import { expressApps } from './express-apps.ts'
import { fastifyApps } from './fastify-apps.ts'
import type { Framework } from './frameworks.ts'
import { honoApps } from './hono-apps.ts'
import { serveApp } from './served-app.ts'
import type { Setting } from './served-app.ts'

const REQUESTS = 20_000
/** After so many, the compiler's threads take 0.2 to 0.3 µs a request; after 20,000 it is 0.5 to 1.4, more where there is more to compile. */
const WARM_UP = 100_000

function tables(title: string, framework: Framework, apps: readonly App[]): readonly Table[] {
  const alike = apps.filter(({ role }) => role !== 'further fields')
  const limiting = alike.filter(({ decides = true }) => decides)
  const usual = apps.find(({ role }) => role === 'usual')!
  const nearTheMap: Aim = { measure: 'cpuUs', per: MAP, sign: '≤', bound: 1.03 }
  const belowTheUsual: Aim = { measure: 'cpuUs', per: usual.name, sign: '≤', bound: 1 }
  const bothAims = [nearTheMap, belowTheUsual]
  const table = (name: string, among: readonly App[], aims: readonly Aim[], setting: Setting): Table => ({
    title: name,
    columns: { cpuUs: 'server CPU µs', wallUs: 'wall µs' },
    base: { row: MAP, measure: 'cpuUs' },
    turns: TURNS,
    cells: among.map((app) => ({
      row: app.name,
      aims: app.role === 'ours' ? aims : [],
      open: (scale) => open(framework, app, setting, scale),
    })),
  })
  return [
    table(title, apps, bothAims, { host: HOST, admits: true }),
    notIfQuick(table(`${title}, on \`::\``, alike, bothAims, { host: DUAL_STACK, admits: true })),
    notIfQuick(table(`${title}, denied`, limiting, [belowTheUsual], { host: HOST, admits: false })),
  ]
}

async function open(framework: Framework, app: App, setting: Setting, { divisor }: Scale): Promise<Turns> {
  const served = await serveApp(framework, app, setting)
  // A quick run has no time to warm up.
  await served.request(Math.ceil(WARM_UP / divisor ** 2))
  const requests = Math.ceil(REQUESTS / divisor / TURNS)
  const spent = { cpuMs: 0, wallMs: 0 }

  return {
    async take() {
      const { cpuMs, wallMs } = await served.request(requests)
      spent.cpuMs += cpuMs
      spent.wallMs += wallMs
    },
    async end() {
      await served.end()
      const usOf = (ms: number): number => (1000 * ms) / (TURNS * requests)
      return { cpuUs: usOf(spent.cpuMs), wallUs: usOf(spent.wallMs) }
    },
  }
}

/** Hello, over HTTP on the loopback interface. */
export const http: Part = {
  packages: [
    'express',
    'express-rate-limit',
    'fastify',
    '@fastify/rate-limit',
    'hono',
    '@hono/node-server',
    'hono-rate-limiter',
    'undici',
  ],
  tables: [
    ...tables('Express', 'express', expressApps),
    ...tables('Fastify', 'fastify', fastifyApps),
    ...tables('Hono', 'hono', honoApps),
  ],
}
